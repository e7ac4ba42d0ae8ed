/** The peers as a table that can be sorted. Rows stay; only what changes is changed. */

import { Bar, make, say } from './dom.js';
import { counted, percent, rate, size } from './format.js';
import { filled, share } from './model.js';

const MOST = 1000; // rows
const known = (v) => v ?? -1;

/** name, of a peer: its value for sorting, its text; downwards first */
const COLUMNS = [
  { key: 'id', name: 'Peer', value: (n) => n.id, text: (n) => n.id },
  { key: 'level', name: 'Level', number: true, linked: true, value: (n) => n.level, text: (n) => String(n.level) },
  { key: 'share', name: 'From peers', down: true, value: (n) => known(share(n.p2p === null ? null : n)), text: (n) => percent(share(n.p2p === null ? null : n)) },
  { key: 'p2p', name: 'Peers gave', number: true, down: true, value: (n) => known(n.p2p), text: (n) => size(n.p2p) },
  { key: 'source', name: 'Source gave', number: true, down: true, value: (n) => known(n.source), text: (n) => size(n.source) },
  { key: 'uplink', name: 'Uplink', number: true, down: true, value: (n) => n.info.ul_bw || 0, text: (n) => rate(n.info.ul_bw || 0) },
  { key: 'parents', name: 'Parents', number: true, down: true, linked: true, value: (n) => n.parents.size, text: (n) => (n.parents.size ? `${n.parents.size} (${filled(n)})` : '–') },
  { key: 'children', name: 'Children', number: true, down: true, linked: true, value: (n) => n.children.size, text: (n) => (n.children.size ? String(n.children.size) : '–') },
  { key: 'place', name: 'Provider, place', value: place, text: place },
];

function place(n) { return [n.info.ISP, n.info.city, n.info.province, n.info.country].filter(Boolean).join(', '); }

export class List {
  /**
   * @param {HTMLElement} root
   * @param {(id: string) => void} choose
   */
  constructor(root, choose) {
    this.choose = choose;
    this.sort = { column: COLUMNS[1], sign: 1 };
    this.rows = new Map();
    this.heads = COLUMNS.map((c) => make('th', { scope: 'col', class: c.number ? 'number' : null },
      make('button', { type: 'button', 'data-key': c.key, text: c.name, onclick: () => this.#sortBy(c) })));
    this.body = make('tbody');
    this.more = make('p', { class: 'fine' });
    this.table = make('table', { class: 'peers' }, make('caption', { class: 'unseen', text: 'Peers of this channel' }), make('thead', {}, make('tr', {}, ...this.heads)), this.body);
    root.append(this.table, this.more);
    this.#mark();
  }

  #sortBy(column) {
    const again = this.sort.column === column;
    this.sort = { column, sign: again ? -this.sort.sign : column.down ? -1 : 1 };
    this.#mark();
    this.show(this.nodes, this.chosen, this.match, this.linked);
  }

  #mark() {
    this.heads.forEach((h, i) => {
      if (COLUMNS[i] === this.sort.column) h.setAttribute('aria-sort', this.sort.sign > 0 ? 'ascending' : 'descending');
      else h.removeAttribute('aria-sort');
    });
  }

  /** Shows those peers whose id contains match. */
  show(nodes, chosen, match, linked) {
    Object.assign(this, { nodes, chosen, match, linked });
    this.table.classList.toggle('unlinked', !linked);
    const { value } = this.sort.column, { sign } = this.sort;
    const all = [...nodes.values()].filter((n) => n.id.toLowerCase().includes(match));
    const keyed = all.map((n) => [value(n), n]);
    keyed.sort(([a, n], [b, m]) => sign * (a < b ? -1 : a > b ? 1 : 0) || (n.id < m.id ? -1 : 1));
    const seen = keyed.slice(0, MOST).map(([, n]) => n), ids = new Set(seen.map((n) => n.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    let at = this.body.firstChild;
    for (const n of seen) {
      const row = this.#row(n);
      if (row.element === at) at = at.nextSibling;
      else this.body.insertBefore(row.element, at);
      this.#fill(row, n);
    }
    say(this.more, all.length > MOST ? `and ${counted(all.length - MOST, 'more peer')}: search to see fewer.` : all.length === 0 && match ? 'No peer has an id like that.' : '');
  }

  #row(n) {
    const old = this.rows.get(n.id);
    if (old) return old;
    const bar = new Bar(), texts = COLUMNS.map((c) => make('span', { text: '' }));
    const cells = COLUMNS.map((c, i) => make('td', { class: [c.number && 'number', `of-${c.key}`, c.linked && 'linked'].filter(Boolean).join(' ') },
      ...(c.key === 'share' ? [bar.element, texts[i]] : [texts[i]])));
    const button = make('button', { type: 'button', class: 'link', onclick: () => this.choose(n.id) });
    texts[0].replaceWith(button);
    texts[0] = button;
    const row = { element: make('tr', { 'data-id': n.id }, ...cells), texts, bar };
    this.rows.set(n.id, row);
    return row;
  }

  #fill(row, n) {
    row.element.classList.toggle('chosen', n.id === this.chosen);
    COLUMNS.forEach((c, i) => say(row.texts[i], c.text(n)));
    row.bar.set(share(n.p2p === null ? null : n));
  }
}
