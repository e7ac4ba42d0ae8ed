// Tests of layout.js, band.js, scene.js and spots.js; returns what is wrong.
const { Mesh } = await import('/page/model.js');
const { Layout } = await import('/page/layout.js');
const { Scene } = await import('/page/scene.js');
const { Spots } = await import('/page/spots.js');
const { View } = await import('/page/view.js');
const faults = [];
const same = (what, got, want) => {
  if (JSON.stringify(got) !== JSON.stringify(want)) faults.push(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
};
let seed = 1;
const random = (n) => {
  seed = (seed * 48271) % 2147483647;
  return seed % n;
};
const area = { width: 1100, height: 640, left: 92, right: 40, top: 124, bottom: 44 };

/** Checks that nobody stands on another, and each level in its band. */
function sound(what, layout, nodes) {
  const all = [...nodes.values()].map((n) => ({ ...layout.places.get(n.id), id: n.id }));
  if (layout.places.size !== nodes.size) faults.push(`${what}: ${layout.places.size} places for ${nodes.size} peers`);
  all.sort((a, b) => a.y - b.y || a.x - b.x);
  for (let i = 0; i < all.length; i++) {
    const p = all[i], n = nodes.get(p.id), q = all[i - 1];
    if (!(p.x >= area.left && p.x <= area.width - area.right)) faults.push(`${what}: ${p.id} is at ${p.x}`);
    if (p.level !== n.level) faults.push(`${what}: ${p.id} is at level ${p.level} instead of ${n.level}`);
    if (q && q.y === p.y && p.x - q.x < layout.spacing - 0.01) faults.push(`${what}: ${p.id} is ${p.x - q.x} from ${q.id}, want ${layout.spacing}`);
    if (q && q.level > p.level) faults.push(`${what}: ${q.id} of level ${q.level} is above ${p.id} of level ${p.level}`);
    if (faults.length > 20) return;
  }
}

const m = new Mesh(), layout = new Layout(), node = (id, ...parents) => ({ id, parents: parents.map((p) => ({ id: p, substreams: 1 })), info: {} });
layout.resize(area);
layout.update(m.nodes);
m.apply({ action: 'topology', totalstreams: 4, seq: 1, nodes: [node('a'), node('b', 'a'), node('c', 'a'), node('d', 'b'), node('e', 'b')] }, 0);
m.settle(0);
layout.update(m.nodes);
sound('five peers', layout, m.nodes);
const x = (id) => layout.places.get(id).x, y = (id) => layout.places.get(id).y;
same('a parent stands above the middle of its children', [x('a'), x('b')].map(Math.round), [(x('b') + x('c')) / 2, (x('d') + x('e')) / 2].map(Math.round));
const before = JSON.stringify([...layout.places]);
layout.update(m.nodes);
same('nothing changes by itself', JSON.stringify([...layout.places]), before);
m.apply({ action: 'join', node: { id: 'f' }, seq: 2 }, 0);
m.apply({ action: 'connect', edge: { from: 'c', to: 'f', substreams: 4 }, seq: 3 }, 0);
const were = ['a', 'b', 'c', 'd', 'e'].map((id) => [x(id), y(id)]);
m.settle(0);
layout.update(m.nodes);
sound('a sixth one', layout, m.nodes);
same('the others stay', ['a', 'b', 'c', 'd', 'e'].map((id) => [x(id), y(id)]), were);

// Random comings, goings and moves, from nobody to many and back.
let seq = 3, moved = 0, rounds = 0, made = 0;
for (let i = 0; i < 2500; i++) {
  const ids = [...m.nodes.keys()], grow = i < 1500 ? 70 : 25;
  if (random(100) < grow || ids.length === 0) {
    const id = `p${made++}`;
    m.apply({ action: 'join', node: { id }, seq: ++seq }, i);
    for (let k = random(3); k > 0 && ids.length > 0; k--) {
      const from = ids[random(Math.min(ids.length, 40 + random(300)))];
      m.apply({ action: 'connect', edge: { from, to: id, substreams: 1 }, seq: ++seq }, i);
    }
  } else {
    m.apply({ action: 'leave', node: { id: ids[random(ids.length)] }, seq: ++seq }, i);
  }
  m.settle(i * 100);
  const was = new Map([...layout.places].map(([id, p]) => [id, { x: p.x, level: p.level }])), step = layout.spacing;
  layout.update(m.nodes);
  if (step === layout.spacing) {
    rounds++;
    for (const [id, p] of layout.places) moved += was.has(id) && was.get(id).level === p.level && was.get(id).x !== p.x;
  }
  if (i % 50 === 0) sound(`round ${i}, ${m.nodes.size} peers`, layout, m.nodes);
}
same('who keeps its level keeps its place', moved, 0);
if (rounds < 2300) faults.push(`everybody was moved in ${2500 - rounds} rounds of 2500`);
layout.resize({ ...area, width: 390, left: 14, right: 14 });
area.width = 390;
area.left = area.right = 14;
layout.update(m.nodes);
sound('on a phone', layout, m.nodes);

const scene = new Scene(), mesh = new Mesh(), stand = new Layout();
Object.assign(area, { width: 1100, left: 92, right: 40 });
stand.resize({ ...area });
const step = (now, still = false) => {
  mesh.settle(now);
  stand.update(mesh.nodes);
  scene.prepare(mesh, stand, { x: 5, y: 5 }, still, now);
  const counts = [scene.resting.dots.length, scene.resting.lines.length, scene.coming.dots.length, scene.coming.lines.length];
  scene.commit(now);
  return counts;
};
mesh.apply({ action: 'topology', totalstreams: 4, seq: 1, nodes: [node('a'), node('b', 'a'), node('c', 'a')] }, 0);
same('all come', step(0), [0, 0, 3, 3]);
same('on the way', scene.advance(100), false);
same('arrived', scene.advance(5000), true);
same('all rest', step(5000), [3, 3, 0, 0]);
mesh.apply({ action: 'connect', edge: { from: 'b', to: 'c', substreams: 1 }, seq: 2 }, 5000);
same('one moves, with its links', step(5000), [2, 2, 1, 2]);
const from = scene.dots.get('c').y;
scene.advance(5200);
const half = scene.dots.get('c').y;
scene.advance(9000);
same('from above down', from < half && half < scene.dots.get('c').y, true);
mesh.apply({ action: 'leave', node: { id: 'b' }, seq: 3 }, 9000);
same('who leaves fades', step(9000).slice(2).every((n) => n > 0) && scene.dots.has('b'), true);
scene.advance(9500);
step(9600);
same('and is gone', scene.dots.has('b'), false);
mesh.apply({ action: 'join', node: { id: 'd' }, seq: 4 }, 9700);
step(9700, true);
same('nothing moves where it is not to', scene.advance(9700), true);

const spots = new Spots();
spots.fill(new Map([['a', { id: 'a', tx: 10, ty: 10 }], ['b', { id: 'b', tx: 30, ty: 10 }], ['c', { id: 'c', tx: 31, ty: 10, gone: true }]]), 10);
same('who is near', [spots.near(12, 10, 8), spots.near(29, 12, 8), spots.near(20, 40, 8), spots.near(-500, -500, 20)], ['a', 'b', null, null]);

const view = new View(() => {});
view.limit({ width: 100, height: 100 }, 300);
view.zoom(2, { x: 50, y: 50 });
same('what is in the middle stays there', view.toWorld(50, 50), { x: 50, y: 50 });
view.move(9999, 9999);
same('not beyond the edge', view.toWorld(0, 0), { x: 0, y: 0 });
view.reveal({ x: 50, y: 290 });
const seen = view.toScreen(50, 290);
same('what is revealed is seen', seen.y <= 100 && seen.y >= 0, true);
return faults;
