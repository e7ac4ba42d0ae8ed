/** Keeps a mesh up to date by the feed. */

import { Feed } from './feed.js';
import { Mesh } from './model.js';

const OFTEN = 2000, SELDOM = 5000, MANY = 300; // ms; peers from which totals are asked for seldom

export class Live {
  #timer = 0;
  #asked = 0;

  /**
   * @param {string} channel
   * @param {{changed: (kind: string) => void, state: (ok: boolean, sentence: string) => void}} hear
   */
  constructor(channel, hear) {
    this.hear = hear;
    this.mesh = new Mesh();
    const feed = this.feed = new Feed(channel, {
      message: (m) => this.#hear(m),
      state: (ok, sentence) => {
        if (ok) feed.askTotals();
        hear.state(ok, sentence);
      },
    });
    this.#timer = setInterval(() => {
      const pause = this.mesh.nodes.size > MANY ? SELDOM : OFTEN;
      if (document.hidden || Date.now() - this.#asked < pause - 100) return;
      this.#asked = Date.now();
      feed.askTotals();
    }, 1000);
  }

  #hear(m) {
    const kind = this.mesh.apply(m, performance.now());
    if (kind === 'lost') this.feed.askSnapshot();
    if (kind !== 'ignored') this.hear.changed(kind);
  }

  close() {
    clearInterval(this.#timer);
    this.feed.close();
  }
}
