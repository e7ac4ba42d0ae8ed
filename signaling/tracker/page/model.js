/**
 * What is known of one channel: its peers and links, kept up to date by the
 * messages of the feed. No page, no clock: time comes with the calls.
 */

/** How long, in ms, a peer that lost its last parent keeps its level: most find another at once. */
export const HOLD = 3000;

/** What peers of a swarm say of their engine. */
const SWARM = 'bittorrent';

/**
 * @typedef {object} Node
 * @property {string} id
 * @property {object} info what the peer said of itself
 * @property {Map<string, number>} parents substreams by parent
 * @property {Map<string, number>} children substreams by child
 * @property {number} level links from the source on the longest way
 * @property {number} heldUntil while it looks for a parent it keeps its level
 * @property {?number} source KB from the source, null before they are known
 * @property {?number} p2p KB from peers
 */

export class Mesh {
  constructor() {
    /** @type {Map<string, Node>} */
    this.nodes = new Map();
    this.substreams = 0;
    this.seq = 0;
    this.edges = 0;
    this.known = false; // a snapshot has come
    this.linked = true; // links lead from the source down; in a swarm neither end is above the other
    this.totals = null; // {source, p2p} in KB
    this.stale = false; // levels are to be found anew
  }

  /**
   * Takes a message of the feed.
   * @returns {'snapshot'|'change'|'totals'|'ignored'|'lost'} lost: something is
   * missing, and only a snapshot helps
   */
  apply(m, now) {
    switch (m.action) {
      case 'topology': return this.#snapshot(m);
      case 'statistics': return this.#statistics(m);
      case 'join': case 'leave': case 'connect': case 'disconnect': break;
      default: return 'ignored';
    }
    if (!this.known) return 'ignored';
    if (m.seq !== undefined) {
      if (m.seq <= this.seq) return 'ignored';
      if (m.seq !== this.seq + 1) return this.#lose();
      this.seq = m.seq;
    }
    return this.#change(m, now) ? 'change' : this.#lose();
  }

  #lose() {
    this.known = false;
    return 'lost';
  }

  #snapshot(m) {
    const before = this.nodes;
    this.nodes = new Map();
    this.edges = 0;
    this.substreams = m.totalstreams || 0;
    this.seq = m.seq || 0;
    this.known = this.stale = this.linked = true;
    for (const n of m.nodes || []) {
      const old = before.get(n.id);
      this.#add(n.id, n.info, old);
    }
    for (const n of m.nodes || []) {
      for (const p of n.parents || []) this.#link(p.id, n.id, p.substreams);
    }
    return 'snapshot';
  }

  #add(id, info, old) {
    this.linked = info?.engine !== SWARM;
    this.nodes.set(id, {
      id, info: info || {}, parents: new Map(), children: new Map(),
      level: old ? old.level : 0, heldUntil: 0,
      source: old ? old.source : null, p2p: old ? old.p2p : null,
    });
  }

  #change(m, now) {
    this.stale = true;
    switch (m.action) {
      case 'join':
        if (!m.node || this.nodes.has(m.node.id)) return false;
        this.#add(m.node.id, m.node.info);
        return true;
      case 'leave': {
        const n = m.node && this.nodes.get(m.node.id);
        if (!n) return false;
        for (const p of [...n.parents.keys()]) this.#unlink(p, n.id, now);
        for (const c of [...n.children.keys()]) this.#unlink(n.id, c, now);
        this.nodes.delete(n.id);
        return true;
      }
      case 'connect':
        return Boolean(m.edge) && this.#link(m.edge.from, m.edge.to, m.edge.substreams);
      default:
        return Boolean(m.edge) && this.#unlink(m.edge.from, m.edge.to, now);
    }
  }

  #link(from, to, substreams) {
    const parent = this.nodes.get(from), child = this.nodes.get(to);
    if (!parent || !child || parent === child) return false;
    if (!child.parents.has(from)) this.edges++;
    child.parents.set(from, substreams || 0);
    parent.children.set(to, substreams || 0);
    child.heldUntil = 0;
    return true;
  }

  #unlink(from, to, now) {
    const parent = this.nodes.get(from), child = this.nodes.get(to);
    if (!parent || !child) return false;
    if (!child.parents.delete(from)) return true; // told twice
    parent.children.delete(to);
    this.edges--;
    if (child.parents.size === 0 && this.linked) child.heldUntil = now + HOLD;
    return true;
  }

  #statistics(m) {
    const r = m.result || {};
    this.totals = { source: r.source || 0, p2p: r.p2p || 0 };
    for (const [id, t] of Object.entries(r.nodes || {})) {
      const n = this.nodes.get(id);
      if (n) [n.source, n.p2p] = [t.source || 0, t.p2p || 0];
    }
    return 'totals';
  }

  /**
   * Finds the levels, if they may have changed: peers in the order in which all
   * their parents come first. Who is in a circle stays where it was.
   * @returns {number} when to come again, Infinity for only after a change
   */
  settle(now) {
    let next = Infinity;
    for (const n of this.nodes.values()) {
      if (n.heldUntil === 0) continue;
      if (n.heldUntil <= now) {
        n.heldUntil = 0;
        this.stale = true;
      } else {
        next = Math.min(next, n.heldUntil);
      }
    }
    if (!this.stale) return next;
    this.stale = false;
    if (!this.linked) {
      for (const n of this.nodes.values()) n.level = 0;
      return next;
    }
    const waits = new Map(), ready = [];
    for (const n of this.nodes.values()) {
      if (n.parents.size > 0) {
        waits.set(n, { left: n.parents.size, level: 0 });
        continue;
      }
      if (n.heldUntil === 0) n.level = 0;
      ready.push(n);
    }
    for (let i = 0; i < ready.length; i++) {
      for (const id of ready[i].children.keys()) {
        const child = this.nodes.get(id), w = waits.get(child);
        w.level = Math.max(w.level, ready[i].level + 1);
        if (--w.left === 0) {
          child.level = w.level;
          ready.push(child);
        }
      }
    }
    return next;
  }

  /** The way of most substreams from a peer up to the source, itself first. */
  path(id) {
    if (!this.linked) return [id];
    const way = [], seen = new Set();
    for (let n = this.nodes.get(id); n && !seen.has(n.id); n = this.nodes.get(strongest(n.parents))) {
      seen.add(n.id);
      way.push(n.id);
    }
    return way;
  }

  /** How many peers there are at each level. */
  levels() {
    const counts = [];
    for (const n of this.nodes.values()) {
      while (counts.length <= n.level) counts.push(0);
      counts[n.level]++;
    }
    return counts;
  }
}

function strongest(parents) {
  let best = null;
  for (const [id, count] of parents) {
    if (best === null || count > parents.get(best) || (count === parents.get(best) && id < best)) best = id;
  }
  return best;
}

/** A peer takes everything from the source: it has no parent, and looks for none. */
export function isRoot(n) { return n.parents.size === 0 && n.heldUntil === 0; }

/** How many substreams parents bring. */
export function filled(n) {
  let sum = 0;
  for (const count of n.parents.values()) sum += count;
  return sum;
}

/** The share of a peer's, or a channel's, traffic that came from peers: 0 to 1, null before there is any. */
export function share(t) {
  const sum = t ? t.source + t.p2p : 0;
  return sum > 0 ? t.p2p / sum : null;
}
