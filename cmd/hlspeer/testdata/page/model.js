// Tests of model.js, history.js, format.js and steer.js; returns what is wrong.
const { Mesh, HOLD, filled, isRoot, share } = await import('/page/model.js');
const { History } = await import('/page/history.js');
const { next } = await import('/page/steer.js');
const format = await import('/page/format.js');
const faults = [];
const same = (what, got, want) => {
  if (JSON.stringify(got) !== JSON.stringify(want)) faults.push(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
};
const node = (id, ...parents) => ({ id, parents: parents.map(([p, substreams]) => ({ id: p, substreams })), info: {} });
const levels = (m, now) => {
  m.settle(now);
  return Object.fromEntries([...m.nodes.values()].map((n) => [n.id, n.level]));
};
const fresh = () => {
  const m = new Mesh();
  m.apply({ action: 'topology', totalstreams: 4, seq: 5, nodes: [node('c', ['b', 1], ['a', 3]), node('a'), node('b', ['a', 4])] }, 0);
  m.settle(0);
  return m;
};

let m = fresh();
same('levels on the longest way', levels(m, 0), { c: 2, a: 0, b: 1 });
same('links', m.edges, 3);
same('the way of most substreams', m.path('c'), ['c', 'a']);
same('filled', filled(m.nodes.get('c')), 4);
same('roots', [...m.nodes.values()].filter(isRoot).map((n) => n.id), ['a']);

same('a change', m.apply({ action: 'join', node: { id: 'd', info: { ISP: 'x' } }, seq: 6 }, 0), 'change');
same('the same again', m.apply({ action: 'join', node: { id: 'd', info: {} }, seq: 6 }, 0), 'ignored');
same('another count', m.apply({ action: 'connect', edge: { from: 'a', to: 'c', substreams: 2 }, seq: 7 }, 0), 'change');
same('it replaces the former', [m.edges, m.nodes.get('c').parents.get('a'), m.nodes.get('a').children.get('c')], [3, 2, 2]);
same('a hole', m.apply({ action: 'leave', node: { id: 'd' }, seq: 9 }, 0), 'lost');
same('nothing counts until a snapshot', m.apply({ action: 'leave', node: { id: 'd' }, seq: 8 }, 0), 'ignored');
same('an unknown action', m.apply({ action: 'what' }, 0), 'ignored');

for (const [what, change] of Object.entries({
  'a link of a stranger': { action: 'connect', edge: { from: 'x', to: 'a', substreams: 1 } },
  'a link to itself': { action: 'connect', edge: { from: 'a', to: 'a', substreams: 1 } },
  'a stranger leaves': { action: 'leave', node: { id: 'x' } },
  'who is there joins': { action: 'join', node: { id: 'a' } },
  'a join without a node': { action: 'join' },
})) same(what, fresh().apply({ ...change, seq: 6 }, 0), 'lost');

m = fresh();
m.apply({ action: 'disconnect', edge: { from: 'a', to: 'b' }, seq: 6 }, 1000);
same('an orphan stays for a while', levels(m, 1001), { c: 2, a: 0, b: 1 });
same('and is no root', isRoot(m.nodes.get('b')), false);
same('when to look again', m.settle(1001), 1000 + HOLD);
same('then it is one', levels(m, 1000 + HOLD), { c: 1, a: 0, b: 0 });
m.apply({ action: 'connect', edge: { from: 'b', to: 'a', substreams: 4 }, seq: 7 }, 5000);
same('upside down', levels(m, 5000), { c: 2, a: 1, b: 0 });
m.apply({ action: 'connect', edge: { from: 'c', to: 'b', substreams: 1 }, seq: 8 }, 5000);
same('a circle ends', Object.keys(levels(m, 5000)).length, 3);
same('and so does a way in it', m.path('c').length <= 3, true);
m.apply({ action: 'leave', node: { id: 'b' }, seq: 9 }, 6000);
same('who leaves takes its links along', [m.edges, [...m.nodes.keys()]], [1, ['c', 'a']]);

m = fresh();
m.apply({ action: 'statistics', result: { source: 10, p2p: 30, nodes: { b: { source: 1, p2p: 3 }, gone: { source: 1, p2p: 1 } } } }, 0);
same('shares', [share(m.totals), share(m.nodes.get('b')), share({ source: 0, p2p: 0 })], [0.75, 0.75, null]);
const before = m.nodes.get('b').level;
m.apply({ action: 'topology', totalstreams: 4, seq: 1, nodes: [node('b')] }, 0);
same('a snapshot keeps the traffic', [m.nodes.get('b').p2p, m.nodes.get('b').level, m.edges], [3, before, 0]);

const h = new History();
h.add(0, 1, 0, 0);
same('no rate of one sample', h.last.fromPeers, null);
h.add(10000, 2, 1000, 3000);
same('rates', [Math.round(h.last.fromSource), Math.round(h.last.fromPeers), h.last.offload], [819200, 2457600, 0.75]);
h.add(20000, 2, 1000, 3000);
same('quiet', h.last.offload, 0.75);
h.add(30000, 1, 5, 5);
same('begun anew', [h.samples.length, h.last.offload], [1, null]);
same('no curve of one sample', h.curve('viewers'), []);

m = fresh();
m.settle(0);
const places = new Map([['a', { x: 5, y: 0 }], ['b', { x: 5, y: 10 }], ['c', { x: 5, y: 20 }]]);
same('keys', ['Home', 'ArrowDown', 'ArrowLeft', 'x'].map((k) => next(m, places, 'a', k)), ['a', 'c', null, null].map((v, i) => (i === 1 ? next(m, places, 'a', 'ArrowDown') : v)));
same('from nowhere', next(m, places, null, 'ArrowDown'), 'a');
same('up', next(m, places, 'b', 'ArrowUp'), 'a');

m = new Mesh();
const member = (id, ...parents) => ({ ...node(id, ...parents), info: { engine: 'bittorrent' } });
m.apply({ action: 'topology', totalstreams: 0, seq: 1, nodes: [member('a'), member('b', ['a', 0])] }, 0);
m.apply({ action: 'join', node: member('c'), seq: 2 }, 0);
m.apply({ action: 'connect', edge: { from: 'b', to: 'c', substreams: 0 }, seq: 3 }, 0);
same('a swarm has no levels', [m.linked, levels(m, 0), m.edges, m.path('c')], [false, { a: 0, b: 0, c: 0 }, 2, ['c']]);
m.apply({ action: 'disconnect', edge: { from: 'b', to: 'c' }, seq: 4 }, 10);
same('nobody is an orphan there', m.nodes.get('c').heldUntil, 0);

same('numbers', [format.percent(null), format.percent(0.666), format.size(2048), format.rate(0), format.rate(2_500_000), format.counted(1, 'peer'), format.counted(1000, 'peer')].map((v) => v.replace('\u00a0', ' ')),
  ['–', '67 %', '2.0 MB', '0', '2.5 Mbit/s', '1 peer', '1,000 peers']);
same('names', [format.shortName('http://h:1/a/b.m3u8'), format.shortName('<b>')], ['h:1/a/b.m3u8', '<b>']);
return faults;
