/**
 * Where peers stand: a band for each level, one below the other, each of one row
 * or, where there are many, of several. A peer that has a place keeps it until its
 * level changes, or until all of them need other distances. No page, no canvas.
 */

import { Band, spread } from './band.js';

/** Distances between peers, from the most pleasant to the smallest. */
const STEPS = [132, 108, 88, 72, 60, 50, 42, 35, 29, 25, 22, 19, 16, 14, 12, 10];
const MAX_GAP = 104;
const ROW = 0.84; // height of a row, in distances

/** The least free height between bands. */
function minGap(step) { return Math.max(26, step * 0.55); }

export class Layout {
  constructor() {
    this.area = { width: 0, height: 0, left: 0, right: 0, top: 0, bottom: 0 };
    /** @type {Map<string, {level: number, row: number, unit: number, x: number, y: number}>} */
    this.places = new Map();
    /** @type {Band[]} */
    this.bands = [];
    this.step = 0; // index in STEPS; -1 before the first layout
    this.gap = 0;
    this.fresh = true; // everybody gets a place at the next update
    this.anew = true; // without regard to former ones
  }

  /** Distance between neighbours. */
  get spacing() { return STEPS[this.step]; }

  /** The height that all bands take. */
  get height() {
    const last = this.bands.at(-1);
    return last ? last.top + (last.rows - 1) * this.rowHeight + this.area.bottom : this.area.top;
  }

  get rowHeight() { return this.spacing * ROW; }

  /** Says how much room there is; the margins are for names of levels and the source. */
  resize(area) {
    const same = Object.keys(area).every((k) => area[k] === this.area[k]);
    if (same) return;
    this.was = this.area.width > 0 ? this.area : area;
    this.area = area;
    this.fresh = true;
  }

  /** Has the next update give everybody the best place. */
  tidy() { this.fresh = this.anew = true; }

  /**
   * Gives places to new peers and to those whose level has changed.
   * @param {Map<string, {id: string, level: number, parents: Map<string, number>, children: Map<string, number>}>} nodes
   */
  update(nodes) {
    const movers = this.#release(nodes);
    const counts = [];
    for (const n of nodes.values()) counts[n.level] = (counts[n.level] || 0) + 1;
    for (let i = 0; i < counts.length; i++) counts[i] ||= 0;
    const best = this.#bestStep(counts);
    const most = movers.length > 3 && movers.length * 2 > nodes.size;
    if (this.fresh || most || best > this.step || best < this.step - 1) {
      this.step = best;
      this.#all(nodes, counts);
    } else if (movers.length > 0 || counts.length !== this.bands.length) {
      this.#some(nodes, movers, counts);
    }
  }

  /** Takes the places of those who have gone, and returns those without one. */
  #release(nodes) {
    for (const [id, p] of this.places) {
      const n = nodes.get(id);
      if (n && n.level === p.level) continue;
      this.bands[p.level].free(p.row, p.unit);
      if (!n) this.places.delete(id);
      else p.level = -1; // x and y say where it comes from
    }
    const movers = [];
    for (const n of nodes.values()) {
      const p = this.places.get(n.id);
      if (!p || p.level < 0) movers.push(n);
    }
    return movers;
  }

  #columns(step) {
    const { width, left, right } = this.area;
    return Math.max(1, Math.floor((width - left - right) / STEPS[step]));
  }

  /** The largest distance with which all bands fit, with some room to come and go. */
  #bestStep(counts) {
    const { height, top, bottom } = this.area;
    for (let step = 0; step < STEPS.length - 1; step++) {
      let need = top + bottom + (counts.length - 1) * minGap(STEPS[step]);
      for (const n of counts) need += rows(n, this.#columns(step)) * STEPS[step] * ROW;
      if (need - STEPS[step] * ROW <= height) return step;
    }
    return STEPS.length - 1;
  }

  /** Gives everybody a new place. */
  #all(nodes, counts) {
    this.fresh = false;
    const columns = this.#columns(this.step);
    this.bands = counts.map((n) => new Band(rows(n, columns), columns));
    const members = counts.map(() => []);
    for (const n of nodes.values()) members[n.level].push(n);
    for (const list of members) list.sort((a, b) => (a.id < b.id ? -1 : 1));
    const units = this.#former(columns), middle = columns - 1;
    const pull = (n, near) => mean([...near.keys()].map((id) => units.get(id))) ?? units.get(n.id) ?? middle;
    const sweep = (levels, near) => {
      for (const level of levels) {
        const list = members[level].map((n) => ({ id: n.id, want: pull(n, near(n)) }));
        list.sort((a, b) => a.want - b.want);
        for (const p of spread(list, this.bands[level])) units.set(p.id, p.unit);
      }
    };
    const down = counts.map((_, i) => i), up = down.slice(0, -1).reverse();
    sweep(down, (n) => n.parents);
    sweep(up, (n) => n.children);
    sweep(down.slice(1), (n) => n.parents);
    for (const level of down) {
      const list = members[level].map((n) => ({ id: n.id, want: units.get(n.id) })).sort((a, b) => a.want - b.want);
      for (const p of spread(list, this.bands[level])) this.#put(p.id, level, p.row, p.unit);
    }
    this.#space();
    this.#measure();
  }

  /** The units that are where peers stood. */
  #former(columns) {
    const units = new Map(), { width, left, right } = this.was ?? this.area;
    if (!this.anew) {
      for (const [id, p] of this.places) units.set(id, (p.x - left) / (width - left - right) * 2 * columns - 1);
    }
    this.anew = false;
    return units;
  }

  /** Gives places to some; the others stay. */
  #some(nodes, movers, counts) {
    const before = this.bands.length;
    while (this.bands.length < counts.length) this.bands.push(new Band(1, this.#columns(this.step)));
    while (this.bands.length > counts.length) this.bands.pop();
    movers.sort((a, b) => a.level - b.level || (a.id < b.id ? -1 : 1));
    let grown = this.bands.length > before;
    for (const n of movers) {
      const near = [...n.parents.keys()].map((id) => this.places.get(id)).filter((p) => p && p.level >= 0).map((p) => p.unit);
      const band = this.bands[n.level];
      let at = band.nearest(mean(near) ?? this.#columns(this.step) - 1);
      if (!at) {
        band.grow();
        grown = true;
        at = band.nearest(mean(near) ?? 0);
      }
      this.#put(n.id, n.level, at.row, at.unit);
    }
    if (grown && this.#needed(this.gap) > this.area.height) this.#space();
    this.#measure();
  }

  #put(id, level, row, unit) {
    this.bands[level].take(row, unit);
    const old = this.places.get(id);
    this.places.set(id, { level, row, unit, x: old ? old.x : NaN, y: old ? old.y : NaN });
  }

  #needed(gap) {
    let need = this.area.top + this.area.bottom + (this.bands.length - 1) * gap - this.rowHeight;
    for (const b of this.bands) need += b.rows * this.rowHeight;
    return need;
  }

  /** Shares the free height among the gaps between bands. */
  #space() {
    const free = (this.area.height - this.#needed(0)) / Math.max(1, this.bands.length - 1);
    this.gap = Math.max(minGap(this.spacing), Math.min(MAX_GAP, free * 0.9));
  }

  /** Turns places into coordinates. */
  #measure() {
    let top = this.area.top;
    for (const b of this.bands) {
      b.top = top;
      top += b.rows * this.rowHeight + this.gap;
    }
    const { width, left, right } = this.area, columns = this.#columns(this.step);
    const origin = left + (width - left - right) / 2 - (columns - 1) * this.spacing / 2;
    for (const p of this.places.values()) {
      p.x = origin + p.unit * this.spacing / 2;
      p.y = this.bands[p.level].top + p.row * this.rowHeight;
    }
  }
}

/** How many rows a band of n has; those with several have some room to spare. */
function rows(n, columns) { return n <= columns ? 1 : Math.ceil(n * 1.08 / Math.max(1, columns - 0.5)); }

function mean(list) {
  const known = list.filter((v) => v !== undefined);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : undefined;
}
