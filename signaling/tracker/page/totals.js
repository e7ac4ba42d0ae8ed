/** The figures of a channel with their curves. */

import { drawing, make, say } from './dom.js';
import { count, percent, rate, size } from './format.js';

const WIDE = 120, HIGH = 30;

class Figure {
  constructor(name, kind, explained) {
    this.value = make('dd', { class: 'value', text: '–' });
    this.more = make('dd', { class: 'more' });
    this.line = drawing('path', { class: 'line', fill: 'none' });
    this.area = drawing('path', { class: 'area' });
    const curve = drawing('svg', { class: 'curve', viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.area, this.line);
    this.element = make('dl', { class: `figure ${kind}`, title: explained }, make('dt', { text: name }), this.value, this.more, curve);
  }

  set(value, more, points) {
    say(this.value, value);
    say(this.more, more);
    const at = points.map((p) => `${(p.x * WIDE).toFixed(1)} ${(HIGH - 1.5 - p.y * (HIGH - 4)).toFixed(1)}`);
    const line = at.length > 1 ? `M${at.join('L')}` : '';
    this.line.setAttribute('d', line);
    this.area.setAttribute('d', line ? `${line}L${WIDE} ${HIGH}L0 ${HIGH}Z` : '');
  }
}

export class Totals {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.viewers = new Figure('Viewers', 'viewers', 'Peers that the tracker knows in this channel');
    this.offload = new Figure('From peers', 'offload', 'Share of the traffic of the last minute that came from peers');
    this.peers = new Figure('Peers give', 'peers', 'Traffic between peers over the last minute');
    this.source = new Figure('Source gives', 'source', 'Traffic from the HTTP source over the last minute');
    root.replaceChildren(...[this.viewers, this.offload, this.peers, this.source].map((f) => f.element));
  }

  /**
   * @param {number} viewers at the moment
   * @param {import('./history.js').History} history
   * @param {?{source: number, p2p: number}} totals KB since the channel began
   */
  show(viewers, history, totals) {
    const s = history.last, sum = totals ? totals.source + totals.p2p : 0;
    const ever = sum > 0 ? totals.p2p / sum : null;
    this.viewers.set(count(viewers), '', history.curve('viewers'));
    const now = percent(s?.offload ?? ever), all = percent(ever);
    this.offload.set(now, now === all && s?.offload != null ? '' : s?.offload == null ? 'since it began' : `${all} since it began`, history.curve('offload', 1));
    this.peers.set(rate(s?.fromPeers), totals ? `${size(totals.p2p)} in all` : '', history.curve('fromPeers'));
    this.source.set(rate(s?.fromSource), totals ? `${size(totals.source)} in all` : '', history.curve('fromSource'));
  }
}
