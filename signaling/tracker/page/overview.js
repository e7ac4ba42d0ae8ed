/** The list of channels: viewers, offload, rates. */

import { $, Bar, make, say } from './dom.js';
import { channels } from './feed.js';
import { count, percent, rate, shortName } from './format.js';
import { History } from './history.js';

const EVERY = 3000; // ms
const NONE = 'Nobody watches at the moment. A channel appears here as soon as a first peer joins it at this tracker.';

export class Overview {
  #timer = 0;
  #shown = false;

  /** @param {{open: (channel: string) => void, trouble: (sentence: string) => void}} act */
  constructor(act) {
    this.act = act;
    this.rows = new Map();
    this.histories = new Map();
    [this.table, this.none] = [$('channels'), $('none')];
  }

  show(on) {
    this.#shown = on;
    $('overview').hidden = !on;
    clearTimeout(this.#timer);
    if (on) this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const list = await channels({ nodes: 0 });
      if (!this.#shown) return;
      this.#fill(list);
      this.act.trouble('');
    } catch (err) {
      if (this.#shown) this.act.trouble(`${err.message} Trying again.`);
    }
    if (this.#shown) this.#timer = setTimeout(() => this.#ask(), EVERY);
  }

  #fill(list) {
    list.sort((a, b) => b.peers - a.peers || (a.name < b.name ? -1 : 1));
    this.none.hidden = list.length > 0;
    this.table.hidden = list.length === 0;
    say(this.none, NONE);
    const seen = new Set(), body = this.table.tBodies[0];
    let at = body.firstChild;
    for (const c of list) {
      const key = `${c.engine || ''} ${c.name}`, row = this.#row(key, c);
      seen.add(key);
      if (row.element === at) at = at.nextSibling;
      else body.insertBefore(row.element, at);
      this.#update(row, c);
    }
    for (const [key, row] of this.rows) {
      if (seen.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    $('known').replaceChildren(...list.slice(0, 200).map((c) => make('option', { value: c.name })));
  }

  #row(key, c) {
    const old = this.rows.get(key);
    if (old) return old;
    const text = () => make('span');
    const row = { history: new History(), bar: new Bar(), viewers: text(), offload: text(), peers: text(), source: text(), levels: text() };
    const link = make('a', {
      href: `?${new URLSearchParams({ channel: c.name })}`, title: c.name, text: shortName(c.name),
      onclick: (e) => {
        if (e.ctrlKey || e.metaKey || e.shiftKey) return;
        e.preventDefault();
        this.act.open(c.name);
      },
    });
    const cell = (name, kind, ...content) => make('td', { class: kind, 'data-name': name }, ...content);
    row.element = make('tr', {}, make('th', { scope: 'row' }, link),
      cell('Viewers', 'number', row.viewers), cell('From peers', 'offload', row.bar.element, row.offload),
      cell('Peers give', 'number', row.peers), cell('Source gives', 'number', row.source), cell('Levels', 'levels', row.levels));
    this.rows.set(key, row);
    return row;
  }

  #update(row, c) {
    const kb = { source: c.bytes.http / 1024, p2p: c.bytes.p2p / 1024 }, sum = kb.source + kb.p2p;
    const s = row.history.add(Date.now(), c.peers, kb.source, kb.p2p);
    const offload = s.offload ?? (sum > 0 ? kb.p2p / sum : null);
    say(row.viewers, count(c.peers));
    say(row.offload, percent(offload));
    row.bar.set(offload);
    say(row.peers, rate(s.fromPeers));
    say(row.source, rate(s.fromSource));
    say(row.levels, c.engine === 'bittorrent' ? 'swarm' : c.levels.map(count).join(' · '));
  }
}
