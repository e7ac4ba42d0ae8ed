/**
 * How a channel went while it was looked at: samples of its totals, and what
 * follows from two of them. No page in it.
 */

const KEPT = 15 * 60 * 1000; // ms
const WINDOW = 60 * 1000; // over which rates are taken: peers report that rarely
const SHORTEST = 4 * 1000;

export class History {
  constructor() { this.samples = []; }

  /**
   * @param {number} at ms
   * @param {number} viewers
   * @param {number} source KB since the channel began
   * @param {number} p2p
   */
  add(at, viewers, source, p2p) {
    const last = this.samples.at(-1);
    if (last && (source < last.source || p2p < last.p2p)) this.samples = []; // the channel began anew
    const s = { at, viewers, source, p2p, ...this.#since(at, source, p2p) };
    this.samples.push(s);
    while (this.samples[0].at < at - KEPT) this.samples.shift();
    return s;
  }

  /** Rates in bit/s and the offload over the window; null while unknown. */
  #since(at, source, p2p) {
    const then = this.samples.find((s) => s.at >= at - WINDOW) ?? this.samples.at(-1);
    if (!then || at - then.at < SHORTEST) return { fromSource: null, fromPeers: null, offload: null };
    const ds = source - then.source, dp = p2p - then.p2p, scale = 8 * 1024 * 1000 / (at - then.at);
    return {
      fromSource: ds * scale, fromPeers: dp * scale,
      offload: ds + dp > 0 ? dp / (ds + dp) : this.samples.at(-1).offload,
    };
  }

  get last() { return this.samples.at(-1) ?? null; }

  /** One value of all samples, as points of a curve: x and y from 0 to 1; null where unknown. */
  curve(key, most = 0) {
    const known = this.samples.filter((s) => s[key] !== null);
    if (known.length < 2) return [];
    const from = known[0].at, span = known.at(-1).at - from || 1;
    const top = Math.max(most, ...known.map((s) => s[key])) || 1;
    return known.map((s) => ({ x: (s.at - from) / span, y: s[key] / top }));
  }
}
