/** One channel: mesh, list, figures and details, and what the user does with them. */

import { $, say } from './dom.js';
import { counted, percent, shortName } from './format.js';
import { History } from './history.js';
import { List } from './list.js';
import { isRoot, share } from './model.js';
import { Panel } from './panel.js';
import { Pointer } from './pointer.js';
import { Live } from './source.js';
import { Stage } from './stage.js';
import { next } from './steer.js';
import { Totals } from './totals.js';

const BATCH = 40, LISTED = 500; // ms between two updates of the mesh, of the list
const EMPTY = 'Nobody watches this channel at the moment. Peers appear here as they join.';

export class Room {
  #live = null;
  #timer = 0;
  #wake = 0;
  #listed = 0;
  #later = 0;

  /** @param {{chosen: (id: ?string) => void, viewed: (view: string) => void, trouble: (sentence: string) => void}} act */
  constructor(act) {
    this.act = act;
    this.view = 'mesh';
    this.match = '';
    this.chosen = this.pointed = null;
    const hand = { point: (id) => this.point(id), choose: (id) => this.choose(id) };
    this.stage = new Stage($('stage'));
    this.totals = new Totals($('totals'));
    this.panel = new Panel($('panel'), hand);
    this.list = new List($('list'), (id) => this.choose(id));
    new Pointer($('stage'), this.stage, hand);
    $('stage').addEventListener('keydown', (e) => this.#key(e));
    $('stage').addEventListener('blur', () => this.point(null));
    $('search').addEventListener('input', () => this.search());
    $('search').addEventListener('keydown', (e) => this.#found(e));
    $('tab-mesh').addEventListener('click', () => act.viewed('mesh'));
    $('tab-list').addEventListener('click', () => act.viewed('list'));
    document.querySelector('.tabs').addEventListener('keydown', (e) => this.#tabKey(e));
    $('zoom-in').addEventListener('click', () => this.stage.view.zoom(1.5));
    $('zoom-out').addEventListener('click', () => this.stage.view.zoom(1 / 1.5));
    $('tidy').addEventListener('click', () => this.stage.tidy());
  }

  get mesh() { return this.#live?.mesh; }

  open(channel) {
    if (this.#live?.channel === channel) return;
    this.close();
    $('room').hidden = false;
    say($('title'), shortName(channel));
    $('title').title = channel;
    this.history = new History();
    this.#live = new Live(channel, {
      changed: (kind) => this.#changed(kind),
      state: (ok, sentence) => {
        $('room').classList.toggle('lost', !ok);
        this.act.trouble(sentence);
      },
    });
    this.totals.show(0, this.history, null);
    this.stage.show(this.mesh);
    this.#refresh();
  }

  close() {
    this.#live?.close();
    this.#live = null;
    this.chosen = this.pointed = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#wake);
    clearTimeout(this.#later);
    this.#timer = this.#later = 0;
    $('search').value = this.match = '';
    say($('found'), '');
    $('room').hidden = true;
  }

  #changed(kind) {
    if (kind === 'totals' && this.mesh.totals) {
      const { source, p2p } = this.mesh.totals;
      this.history.add(Date.now(), this.mesh.nodes.size, source, p2p);
    }
    this.#timer ||= setTimeout(() => this.#refresh(), BATCH);
  }

  /** Shows what is known now. */
  #refresh() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#live) return;
    const mesh = this.mesh, now = performance.now(), again = mesh.settle(now);
    clearTimeout(this.#wake);
    if (again < Infinity) this.#wake = setTimeout(() => this.#refresh(), again - now + 1);
    if (mesh.known && this.chosen !== null && !mesh.nodes.has(this.chosen)) this.#left();
    if (this.pointed !== null && !mesh.nodes.has(this.pointed)) this.pointed = null;
    this.stage.update();
    this.#point();
    this.totals.show(mesh.nodes.size, this.history, mesh.totals);
    this.#summary();
    this.#fillList();
  }

  #summary() {
    const mesh = this.mesh, { size } = mesh.nodes, linked = mesh.linked;
    const parts = [counted(size, 'peer'), counted(mesh.edges, 'link'), linked ? counted(mesh.levels().length, 'level') : 'a swarm'];
    say($('summary'), mesh.known ? parts.join(', ') : '');
    $('nobody').hidden = !mesh.known || size > 0;
    say($('nobody'), EMPTY);
    say($('found'), this.match ? counted(this.#matches().length, 'peer') : '');
    $('stage').setAttribute('aria-label', `Mesh of ${$('title').textContent}: ${$('summary').textContent}`);
  }

  /** The list costs more than the mesh, so it is shown less often. */
  #fillList(at = Date.now()) {
    if (this.view !== 'list' || !this.#live) return;
    clearTimeout(this.#later);
    const wait = this.#listed + LISTED - at;
    if (wait > 0) {
      this.#later = setTimeout(() => this.#fillList(), wait);
      return;
    }
    this.#listed = at;
    this.list.show(this.mesh.nodes, this.chosen, this.match, this.mesh.linked);
  }

  #left() {
    this.act.trouble(`${this.chosen} has left the channel.`);
    const gone = this.chosen;
    setTimeout(() => this.act.trouble('', `${gone} has left the channel.`), 6000);
    this.chosen = null;
    this.act.chosen(null);
  }

  /** Looks at a peer for the moment. */
  point(id) {
    if (id === this.pointed || !this.#live) return;
    this.pointed = id;
    this.#point();
  }

  #point() {
    const id = this.pointed ?? (this.mesh.nodes.has(this.chosen) ? this.chosen : null);
    this.stage.point(id);
    this.panel.show(this.mesh, id, this.chosen !== null && id === this.chosen);
    $('stage').classList.toggle('on', this.pointed !== null);
  }

  /** Keeps a peer, null for none. */
  choose(id) {
    if (!this.#live) return;
    this.chosen = id;
    this.pointed = null;
    this.act.chosen(id);
    this.#point();
    this.#reveal(id);
    this.#listed = 0;
    this.#fillList();
    if (id !== null) this.#tell(id);
  }

  #reveal(id) {
    const p = this.stage.layout.places.get(id);
    if (p && this.stage.view.size) this.stage.view.reveal(p);
  }

  /** Says in words what is looked at. */
  #tell(id) {
    const n = this.mesh.nodes.get(id);
    if (!n) return;
    const way = this.mesh.path(id).slice(1);
    const from = isRoot(n) ? 'fed by the source' : `fed by ${way.slice(0, 1).join('')}${n.parents.size > 1 ? ` and ${n.parents.size - 1} more` : ''}`;
    const place = this.mesh.linked ? `level ${n.level}, ${from}, feeds ${n.children.size}` : `linked with ${n.parents.size + n.children.size}`;
    say($('said'), `Peer ${id}, ${place}, ${percent(share(n.p2p === null ? null : n))} from peers`);
  }

  /** mesh or list */
  show(view) {
    this.view = view;
    for (const name of ['mesh', 'list']) {
      $(name).hidden = name !== view;
      $(`tab-${name}`).setAttribute('aria-selected', String(name === view));
      $(`tab-${name}`).tabIndex = name === view ? 0 : -1;
    }
    document.querySelector('.zoom').hidden = view !== 'mesh';
    $('panel').classList.toggle('beside-list', view === 'list');
    this.#listed = 0;
    this.#fillList();
  }

  #matches() {
    return this.match ? [...this.mesh.nodes.keys()].filter((id) => id.toLowerCase().includes(this.match)).sort() : [];
  }

  search() {
    this.match = $('search').value.trim().toLowerCase();
    const found = this.#matches();
    this.point(found[0] ?? null);
    this.#summary();
    this.#listed = 0;
    this.#fillList();
  }

  #found(e) {
    if (e.key === 'Escape') {
      e.preventDefault();
      e.target.value = '';
      this.search();
      e.target.blur();
    } else if (e.key === 'Enter') {
      const found = this.#matches();
      if (found.length > 0) this.choose(found[(found.indexOf(this.chosen) + 1) % found.length]);
    }
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const at = this.pointed ?? this.chosen;
    if (e.key.startsWith('Arrow') || e.key === 'Home') {
      const id = next(this.mesh, this.stage.layout.places, at, e.key);
      if (id !== null) {
        this.point(id);
        this.#reveal(id);
        this.#tell(id);
      }
    } else if (e.key === 'Enter' || e.key === ' ') this.choose(at);
    else if (e.key === '+' || e.key === '=') this.stage.view.zoom(1.4);
    else if (e.key === '-') this.stage.view.zoom(1 / 1.4);
    else if (e.key === '0') this.stage.tidy();
    else return;
    e.preventDefault();
  }

  #tabKey(e) {
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
    const other = this.view === 'mesh' ? 'list' : 'mesh';
    this.act.viewed(other);
    $(`tab-${other}`).focus();
  }
}
