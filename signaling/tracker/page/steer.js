/** Going through the mesh by arrow keys. No page in it. */

/**
 * The peer to which a key leads; null for nowhere.
 * @param {import('./model.js').Mesh} mesh
 * @param {Map<string, {x: number, y: number}>} places
 * @param {?string} id where one is
 */
export function next(mesh, places, id, key) {
  const n = mesh.nodes.get(id);
  if (!n) return first(mesh, places);
  switch (key) {
    case 'ArrowUp': return nearest([...n.parents.keys()], places, id);
    case 'ArrowDown': return nearest([...n.children.keys()], places, id);
    case 'ArrowLeft': return beside(mesh, places, n, -1);
    case 'ArrowRight': return beside(mesh, places, n, 1);
    case 'Home': return first(mesh, places);
    default: return null;
  }
}

/** The leftmost of the uppermost. */
function first(mesh, places) {
  let best = null;
  for (const n of mesh.nodes.values()) {
    const a = places.get(n.id), b = best && places.get(best);
    if (a && (!b || a.y < b.y || (a.y === b.y && a.x < b.x))) best = n.id;
  }
  return best;
}

function nearest(ids, places, id) {
  const from = places.get(id);
  let best = null, least = Infinity;
  for (const other of ids) {
    const p = places.get(other);
    if (p && Math.abs(p.x - from.x) < least) [best, least] = [other, Math.abs(p.x - from.x)];
  }
  return best;
}

/** In the same level from left to right; one below the other counts as from top to bottom. */
function beside(mesh, places, n, sign) {
  const from = places.get(n.id);
  const after = (a, b) => sign * (a.x - b.x || a.y - b.y) > 0;
  let best = null;
  for (const m of mesh.nodes.values()) {
    const p = places.get(m.id);
    if (m.level !== n.level || m === n || !p || !after(p, from)) continue;
    if (best === null || after(places.get(best), p)) best = m.id;
  }
  return best;
}
