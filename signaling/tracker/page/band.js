/**
 * The places of one level. Each row is divided into units of half a distance;
 * who stands on one keeps its neighbours two units away.
 */

export class Band {
  constructor(rows, columns) {
    this.rows = rows;
    this.units = 2 * columns - 1;
    this.taken = Array.from({ length: rows }, () => new Uint8Array(this.units));
    this.top = 0;
  }

  grow() {
    this.rows++;
    this.taken.push(new Uint8Array(this.units));
  }

  take(row, unit) { this.taken[row][unit] = 1; }

  free(row, unit) { this.taken[row][unit] = 0; }

  #open(row, unit) {
    const t = this.taken[row];
    return !t[unit] && !t[unit - 1] && !t[unit + 1];
  }

  /** The free place that is nearest to a unit; null for none. */
  nearest(unit) {
    const want = Math.round(Math.min(this.units - 1, Math.max(0, unit)));
    for (let d = 0; d < this.units; d++) {
      for (let row = 0; row < this.rows; row++) {
        for (const u of d === 0 ? [want] : [want - d, want + d]) {
          if (u < 0 || u >= this.units) continue;
          if (this.rows > 1 && u % 2 !== row % 2) continue; // as on a honeycomb
          if (this.#open(row, u)) return { row, unit: u };
        }
      }
    }
    return null;
  }
}

/**
 * Distributes peers, sorted by the unit they want, over a band: in a row as near
 * to it as the distances allow, in several rows column by column.
 * @param {{id: string, want: number}[]} list
 * @param {Band} band
 */
export function spread(list, band) {
  if (list.length === 0) return [];
  return band.rows === 1 ? inRow(list, band.units) : inRows(list, band);
}

/** Isotonic regression: the least sum of squared distances to what is wanted. */
function inRow(list, units) {
  const blocks = [];
  list.forEach((p, i) => {
    blocks.push({ sum: p.want - 2 * i, n: 1 });
    while (blocks.length > 1 && blocks.at(-2).sum / blocks.at(-2).n > blocks.at(-1).sum / blocks.at(-1).n) {
      const b = blocks.pop(), a = blocks.at(-1);
      a.sum += b.sum;
      a.n += b.n;
    }
  });
  const placed = [];
  for (const b of blocks) {
    for (let k = 0; k < b.n; k++) {
      const i = placed.length, low = 2 * i, high = units - 1 - 2 * (list.length - 1 - i);
      const unit = Math.round(b.sum / b.n + 2 * i);
      placed.push({ id: list[i].id, row: 0, unit: Math.max(low, Math.min(high, unit)) });
    }
  }
  return placed;
}

function inRows(list, band) {
  const columns = Math.ceil(list.length / band.rows), spare = Math.max(0, (band.units + 1) / 2 - columns);
  const first = 2 * Math.floor(spare / 2);
  return list.map((p, i) => {
    const row = i % band.rows, unit = first + 2 * Math.floor(i / band.rows) + row % 2;
    return { id: p.id, row, unit: Math.min(unit, band.units - 1 - (band.units - 1 - row) % 2) };
  });
}
