/** The details of one peer: what it is, whom it is linked to, its way to the source. */

import { Bar, make, say } from './dom.js';
import { counted, percent, rate, size } from './format.js';
import { filled, isRoot, share } from './model.js';

const MOST = 40; // links that are listed

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {{choose: (id: ?string) => void, point: (id: ?string) => void}} act
   */
  constructor(root, act) {
    this.root = root;
    this.act = act;
    this.id = null;
    this.key = make('div', { class: 'key' }, ...legend());
    this.title = make('h2', { class: 'id' });
    this.role = make('p', { class: 'role' });
    this.bar = new Bar();
    this.facts = make('dl', { class: 'facts' });
    this.links = make('div', { class: 'links' });
    this.close = make('button', { class: 'quiet close', type: 'button', 'aria-label': 'Close', text: '×', onclick: () => act.choose(null) });
    this.body = make('div', { class: 'about', hidden: true }, this.close, this.title, this.role, this.bar.element, this.facts, this.links);
    root.append(this.body, this.key);
    this.rows = new Map();
    this.links.addEventListener('pointerover', (e) => this.#over(e));
    this.links.addEventListener('pointerleave', () => act.point(null));
  }

  #over(e) {
    const id = e.target.closest('[data-id]')?.dataset.id;
    if (id) this.act.point(id);
  }

  /** Shows a peer of a mesh, null for none; kept: it is chosen, not only pointed at. */
  show(mesh, id, kept) {
    const { linked } = mesh;
    const n = id === null ? null : mesh.nodes.get(id);
    this.root.classList.toggle('open', Boolean(n));
    this.root.classList.toggle('kept', Boolean(n) && kept);
    this.root.classList.toggle('swarm', !linked); // without the marks of a tree
    this.body.hidden = !n;
    this.key.hidden = Boolean(n);
    if (!n) {
      this.id = null;
      return;
    }
    this.id = id;
    this.close.hidden = !kept;
    say(this.title, n.id);
    say(this.role, linked ? role(n) : 'A peer of a swarm');
    const s = share(n.p2p === null ? null : n);
    this.bar.set(s);
    this.#facts([
      ['From peers', s === null ? 'nothing reported yet' : `${percent(s)}, ${size(n.p2p)}`],
      ['From the source', s === null ? '' : size(n.source)],
      ['Receives', linked ? `${filled(n)} of ${counted(mesh.substreams, 'substream')}` : ''],
      ['Gives', linked ? counted(given(n), 'substream') : ''],
      ['Uplink', rate(n.info.ul_bw || 0)],
      ['Provider', n.info.ISP],
      ['Place', [n.info.city, n.info.province, n.info.country].filter(Boolean).join(', ')],
      ['Device', n.info.device],
      ['Address', n.info.address],
    ]);
    this.#links(mesh, n);
  }

  #facts(list) {
    for (const [name, value] of list) {
      let row = this.rows.get(name);
      if (!row) {
        row = { name: make('dt', { text: name }), value: make('dd') };
        this.rows.set(name, row);
        this.facts.append(row.name, row.value);
      }
      row.name.hidden = row.value.hidden = !value;
      say(row.value, value || '');
    }
  }

  #links(mesh, n) {
    const groups = mesh.linked ? [
      ['Parents', [...n.parents], 'None: it takes the stream from the source.'],
      ['Children', [...n.children], 'None.'],
    ] : [['Neighbours', [...n.parents, ...n.children], 'None that it has told of.']];
    const way = mesh.path(n.id).slice(1);
    const signature = JSON.stringify([n.id, groups, way]);
    if (signature === this.signature) return;
    this.signature = signature;
    const focused = this.links.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const parts = [];
    for (const [name, list, none] of groups) {
      list.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      parts.push(make('h3', { text: list.length > 1 ? `${name} (${list.length})` : name }));
      if (list.length === 0) {
        parts.push(make('p', { class: 'fine', text: none }));
        continue;
      }
      const rows = list.slice(0, MOST).map(([id, count]) => make('li', {}, this.#link(name, id, count ? counted(count, 'substream') : '')));
      parts.push(make('ul', {}, ...rows));
      if (list.length > MOST) parts.push(make('p', { class: 'fine', text: `and ${list.length - MOST} more` }));
    }
    if (way.length > 0) {
      const steps = way.map((id) => make('li', {}, this.#link('way', id, '')));
      parts.push(make('h3', { text: 'Way to the source' }), make('ol', { class: 'way' }, ...steps, make('li', { class: 'source', text: 'Source' })));
    }
    this.links.replaceChildren(...parts);
    if (focused) [...this.links.querySelectorAll('button')].find((b) => b.dataset.key === focused)?.focus();
  }

  #link(group, id, more) {
    return make('button', { type: 'button', class: 'link', 'data-id': id, 'data-key': `${group} ${id}`, onclick: () => this.act.choose(id) },
      make('code', { text: id }), make('span', { text: more }));
  }
}

function role(n) {
  if (n.heldUntil > 0) return `Level ${n.level}, looking for a parent`;
  return isRoot(n) ? 'Root: takes the stream from the source' : `Level ${n.level}`;
}

/** How many substreams children get. */
function given(n) {
  let sum = 0;
  for (const count of n.children.values()) sum += count;
  return sum;
}

/** What colours and lines mean. */
function legend() {
  const swatches = make('div', { class: 'ramp', 'aria-hidden': 'true' }, ...Array.from({ length: 7 }, (_, i) => make('i', { class: `tone-${i}` })));
  return [
    make('p', { text: 'Point at a peer, or choose one, to see whom it is linked to.' }),
    make('h3', { text: 'Colour: where its traffic came from' }), swatches,
    make('p', { class: 'ends' }, make('span', { text: 'the source' }), make('span', { text: 'other peers' })),
    make('h3', { text: 'Marks' }),
    make('ul', { class: 'marks' },
      make('li', { class: 'root', text: 'A ring: a root, fed by the source' }),
      make('li', { class: 'held', text: 'Hollow: has just lost its parent' }),
      make('li', { class: 'thick', text: 'Thicker line: more substreams' }),
      make('li', { class: 'large', text: 'Larger: more uplink' })),
    make('h3', { class: 'for-keys', text: 'Keys' }),
    make('dl', { class: 'keys' }, ...[
      ['/', 'find a peer'], ['← ↑ ↓ →', 'from peer to peer'], ['Enter', 'keep it'], ['Esc', 'let it go'], ['+ − 0', 'zoom, tidy up'], ['v', 'mesh or list'],
    ].flatMap(([key, what]) => [make('dt', {}, make('kbd', { text: key })), make('dd', { text: what })])),
  ];
}
