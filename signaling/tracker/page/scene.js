/**
 * What is to be seen of a mesh at this moment: peers and links with their places
 * on the way from one state to the next. Most of them rest, and are painted once;
 * only those that live are painted in every frame. No canvas in it.
 *
 * It goes from state to state in two steps, so that nothing is ever painted twice
 * or missing: prepare sorts into resting and living, and when the resting ones are
 * painted, commit lets the living ones begin.
 */

import { filled, isRoot, share } from './model.js';

const MOVE = 560, FADE = 280; // ms
/** Into how many colours the share of P2P is divided. */
export const TONES = 7;

const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

/** Something between two values, which begins when t0 is set. */
class Passage {
  constructor(from, to, lasts) {
    Object.assign(this, { from, to, lasts, t0: null });
  }

  at(now) {
    if (this.t0 === null) return 0;
    return this.lasts === 0 ? 1 : Math.min(1, Math.max(0, (now - this.t0) / this.lasts));
  }
}

/** What fades in and out. */
class Item {
  constructor() {
    this.alpha = 0;
    this.fade = new Passage(0, 1, FADE);
    this.gone = false;
  }

  vanish() {
    if (this.gone) return;
    this.gone = true;
    this.fade = new Passage(this.alpha, 0, FADE);
  }

  appear() {
    if (!this.gone) return;
    this.gone = false;
    this.fade = new Passage(this.alpha, 1, FADE);
  }

  fadeTo(now) {
    if (!this.fade) return;
    const t = this.fade.at(now);
    this.alpha = this.fade.from + (this.fade.to - this.fade.from) * t;
  }
}

class Dot extends Item {
  constructor(id, x, y) {
    super();
    Object.assign(this, { id, x, y, tx: x, ty: y, move: null, tone: -1, root: false, held: false, size: 1 });
    /** @type {Map<string, Line>} by parent, '' for the source */
    this.lines = new Map();
  }

  get live() { return this.fade !== null || this.move !== null; }

  target(x, y) {
    if (this.tx === x && this.ty === y) return;
    this.move = new Passage({ x: this.x, y: this.y }, { x, y }, MOVE);
    [this.tx, this.ty] = [x, y];
  }

  advance(now) {
    this.fadeTo(now);
    if (!this.move) return;
    const t = ease(this.move.at(now)), { from, to } = this.move;
    this.x = from.x + (to.x - from.x) * t;
    this.y = from.y + (to.y - from.y) * t;
  }
}

class Line extends Item {
  constructor(parent, child) {
    super();
    Object.assign(this, { parent, child, count: 0, tone: -1 });
  }

  get live() { return this.fade !== null || this.parent.move !== null || this.child.move !== null; }
}

export class Scene {
  constructor() {
    /** @type {Map<string, Dot>} */
    this.dots = new Map();
    this.source = new Dot('', 0, 0);
    Object.assign(this.source, { alpha: 1, fade: null });
    this.total = 1;
    this.living = this.coming = this.resting = { dots: [], lines: [] };
  }

  /** Takes over what mesh and layout say. still: nothing is to move. */
  prepare(mesh, layout, source, still, now) {
    this.#retire(now);
    [this.source.x, this.source.y] = [source.x, source.y];
    this.total = Math.max(1, mesh.substreams);
    this.linked = mesh.linked;
    for (const n of mesh.nodes.values()) this.#takeDot(n, layout.places.get(n.id));
    for (const d of this.dots.values()) {
      if (!mesh.nodes.has(d.id)) d.vanish();
    }
    for (const n of mesh.nodes.values()) this.#takeLines(n);
    for (const d of this.dots.values()) {
      for (const l of d.lines.values()) {
        if (d.gone || l.parent.gone) l.vanish();
      }
    }
    if (still) this.#finish();
    this.#sort();
  }

  #takeDot(n, place) {
    let d = this.dots.get(n.id);
    if (!d) this.dots.set(n.id, d = new Dot(n.id, place.x, place.y));
    d.appear();
    d.target(place.x, place.y);
    const s = share(n.p2p === null ? null : n);
    d.tone = s === null ? -1 : Math.min(TONES - 1, Math.floor(s * TONES));
    d.root = this.linked && isRoot(n);
    d.held = n.heldUntil > 0;
    d.size = 0.74 + 0.52 * Math.min(1, Math.max(0, Math.log2((n.info.ul_bw || 1) / 250e3) / 6));
  }

  #takeLines(n) {
    const d = this.dots.get(n.id);
    for (const [id, count] of n.parents) this.#takeLine(d, id, this.dots.get(id), count);
    if (d.root) this.#takeLine(d, '', this.source, Math.max(1, this.total - filled(n)));
    for (const [id, l] of d.lines) {
      if (id === '' ? !d.root : !n.parents.has(id)) l.vanish();
    }
  }

  #takeLine(d, id, parent, count) {
    let l = d.lines.get(id);
    if (!l || l.parent !== parent) d.lines.set(id, l = new Line(parent, d));
    l.appear();
    l.count = Math.min(count, this.total);
    l.tone = id === '' ? -2 : d.tone;
  }

  /** Ends what has come to its end. */
  #retire(now) {
    for (const d of this.dots.values()) {
      for (const [id, l] of d.lines) {
        if (l.fade && l.fade.at(now) === 1) {
          if (l.gone) d.lines.delete(id);
          l.fade = null;
        }
      }
      if (d.move && d.move.at(now) === 1) d.move = null;
      if (d.fade && d.fade.at(now) === 1) {
        if (d.gone) this.dots.delete(d.id);
        d.fade = null;
      }
    }
  }

  #finish() {
    for (const d of this.dots.values()) {
      for (const i of [d, ...d.lines.values()]) {
        if (i.fade) i.fade.lasts = 0;
      }
      if (d.move) d.move.lasts = 0;
    }
  }

  #sort() {
    const resting = { dots: [], lines: [] }, coming = { dots: [], lines: [] };
    for (const d of this.dots.values()) {
      (d.live ? coming : resting).dots.push(d);
      for (const l of d.lines.values()) (l.live ? coming : resting).lines.push(l);
    }
    resting.lines.sort((a, b) => a.tone - b.tone || a.count - b.count);
    [this.resting, this.coming] = [resting, coming];
  }

  /** The resting ones are painted: from now on the others live. */
  commit(now) {
    this.living = this.coming;
    const begin = (p) => {
      if (p && p.t0 === null) p.t0 = now;
    };
    for (const i of [...this.living.dots, ...this.living.lines]) {
      begin(i.fade);
      begin(i.move);
    }
  }

  /**
   * Moves the living ones on.
   * @returns {boolean} whether all have arrived
   */
  advance(now) {
    let over = true;
    const see = (p) => {
      if (p && p.at(now) < 1) over = false;
    };
    for (const d of this.living.dots) {
      d.advance(now);
      see(d.fade);
      see(d.move);
    }
    for (const l of this.living.lines) {
      l.fadeTo(now);
      see(l.fade);
    }
    return over;
  }

  get busy() { return this.living.dots.length > 0 || this.living.lines.length > 0; }
}
