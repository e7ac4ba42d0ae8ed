/** Finds who is near a point, by a grid. */

export class Spots {
  constructor() {
    this.cells = new Map();
    this.edge = 32;
  }

  /** @param {Map<string, {id: string, tx: number, ty: number, gone: boolean}>} dots */
  fill(dots, spacing) {
    this.edge = Math.max(24, spacing);
    this.cells.clear();
    for (const d of dots.values()) {
      if (d.gone) continue;
      const key = this.#key(Math.floor(d.tx / this.edge), Math.floor(d.ty / this.edge));
      const cell = this.cells.get(key);
      if (cell) cell.push(d);
      else this.cells.set(key, [d]);
    }
  }

  #key(column, row) { return column * 65536 + row; }

  /** The id of the nearest within a radius; null for none. */
  near(x, y, radius) {
    const reach = Math.ceil(radius / this.edge), column = Math.floor(x / this.edge), row = Math.floor(y / this.edge);
    let best = null, least = radius * radius;
    for (let c = column - reach; c <= column + reach; c++) {
      for (let r = row - reach; r <= row + reach; r++) {
        for (const d of this.cells.get(this.#key(c, r)) ?? []) {
          const distance = (d.tx - x) ** 2 + (d.ty - y) ** 2;
          if (distance <= least && !d.gone) [best, least] = [d.id, distance];
        }
      }
    }
    return best;
  }
}
