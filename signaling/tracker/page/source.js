/**
 * Keeps a mesh up to date: by the feed where the tracker knows the links, by
 * asking again and again where it knows only who is there (swarms).
 */

import { Feed, channels } from './feed.js';
import { Mesh } from './model.js';

const SWARM = 'bittorrent';
const OFTEN = 2000, SELDOM = 5000, MANY = 300; // ms; peers from which totals are asked for seldom
const LOOK = 10000; // ms after which an empty channel may turn out to be a swarm

export class Live {
  #feed = null;
  #timers = [];
  #closed = false;
  #asked = 0;

  /**
   * @param {string} channel
   * @param {{changed: (kind: string) => void, state: (ok: boolean, sentence: string) => void}} hear
   */
  constructor(channel, hear) {
    this.channel = channel;
    this.hear = hear;
    this.mesh = new Mesh();
    this.linked = true;
    this.#begin();
  }

  async #begin() {
    let list = [];
    try {
      list = await channels({ channel: this.channel, nodes: 0 });
    } catch { /* the feed says what is wrong */ }
    if (this.#closed) return;
    if (isSwarm(list)) this.#swarm();
    else this.#follow();
  }

  #follow() {
    this.#feed = new Feed(this.channel, {
      message: (m) => this.#hear(m),
      state: (ok, sentence) => {
        if (ok) this.#feed.askTotals();
        this.hear.state(ok, sentence);
      },
    });
    this.#every(1000, () => {
      const pause = this.mesh.nodes.size > MANY ? SELDOM : OFTEN;
      if (document.hidden || Date.now() - this.#asked < pause - 100) return;
      this.#asked = Date.now();
      this.#feed.askTotals();
    });
    this.#every(LOOK, async () => {
      if (this.mesh.nodes.size > 0 || document.hidden) return;
      const list = await channels({ channel: this.channel, nodes: 0 });
      if (isSwarm(list) && !this.#closed && this.linked) {
        this.#stop();
        this.#swarm();
      }
    });
  }

  #hear(m) {
    const kind = this.mesh.apply(m, performance.now());
    if (kind === 'lost') this.#feed.askSnapshot();
    if (kind !== 'ignored') this.hear.changed(kind);
  }

  #swarm() {
    this.linked = this.mesh.linked = false;
    const ask = async () => {
      if (document.hidden && this.mesh.known) return;
      try {
        const list = await channels({ channel: this.channel });
        if (this.#closed) return;
        this.#take(list.filter((c) => c.engine === SWARM));
        this.hear.state(true, '');
      } catch (err) {
        if (!this.#closed) this.hear.state(false, `${err.message} Trying again.`);
      }
    };
    this.#every(OFTEN, ask);
    ask();
  }

  #take(list) {
    const nodes = list.flatMap((c) => c.nodes);
    const traffic = Object.fromEntries(nodes.map((n) => [n.id, { source: n.source_kb, p2p: n.p2p_kb }]));
    const sum = (key) => list.reduce((all, c) => all + c.bytes[key] / 1024, 0);
    const snapshot = { action: 'topology', totalstreams: 1, nodes: nodes.map((n) => ({ id: n.id, parents: [], info: { ul_bw: n.uplink_bw, conns: n.conns } })) };
    this.mesh.apply(snapshot, 0);
    this.mesh.apply({ action: 'statistics', result: { source: sum('http'), p2p: sum('p2p'), nodes: traffic } }, 0);
    this.hear.changed('snapshot');
    this.hear.changed('totals');
  }

  #every(pause, act) {
    this.#timers.push(setInterval(() => Promise.resolve(act()).catch(() => {}), pause));
  }

  #stop() {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
    this.#feed?.close();
    this.#feed = null;
  }

  close() {
    this.#closed = true;
    this.#stop();
  }
}

function isSwarm(list) { return list.length > 0 && list.every((c) => c.engine === SWARM); }
