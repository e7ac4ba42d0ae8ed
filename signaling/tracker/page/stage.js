/**
 * The canvases of the mesh. Two of them hold what rests: one is seen while the
 * other is painted, a part per frame, so that no frame takes long. A third one
 * above them holds what moves and what is looked at. Frames are asked for only
 * while there is something to do.
 */

import { Layout } from './layout.js';
import { Painter } from './paint.js';
import { Scene } from './scene.js';
import { Highlight } from './highlight.js';
import { Spots } from './spots.js';
import { View } from './view.js';

const AT_ONCE = 1500; // items that are painted in one frame
const PART = 320; // items per frame where there are more
const PAUSE = 140; // ms between two such paintings

export class Stage {
  #frame = 0;
  #work = null; // the painting that goes on
  #began = 0;
  #dirty = true;
  #seen = 0; // index of the visible one of #bases
  #arrived = true;

  /** @param {HTMLElement} root holds three canvases */
  constructor(root) {
    this.root = root;
    [this.bases, this.top] = [[...root.querySelectorAll('.rest')], root.querySelector('.move')];
    this.mesh = null;
    this.layout = new Layout();
    this.scene = new Scene();
    this.painter = new Painter();
    this.highlight = new Highlight();
    this.spots = new Spots();
    this.view = new View(() => this.#changed());
    this.baked = { k: 1, x: 0, y: 0 };
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.repaint());
    new ResizeObserver(() => this.#resize()).observe(root);
    this.#resize();
  }

  /** Shows another mesh; its peers appear at their places at once. */
  show(mesh) {
    this.mesh = mesh;
    this.layout = new Layout();
    this.scene = new Scene();
    this.view.reset();
    this.highlight.point(null);
    this.#resize();
  }

  /** Something of the mesh has changed. */
  update() { this.#changed(); }

  /** Colours have changed. */
  repaint() {
    this.painter.readColours();
    this.#changed();
  }

  /** Gives everybody the best place. */
  tidy() {
    this.layout.tidy();
    this.view.reset();
    this.#changed();
  }

  /** Points at a peer; null for nobody. */
  point(id) {
    if (this.highlight.point(id)) this.#ask();
  }

  /** The peer at a point of the root in CSS pixels. */
  at(x, y) {
    const p = this.view.toWorld(x, y);
    return this.spots.near(p.x, p.y, Math.max(10, this.painter.radius * 1.6) / Math.sqrt(this.view.k));
  }

  /** Where a peer is, in CSS pixels of the root; null for nowhere. */
  where(id) {
    const d = this.scene.dots.get(id);
    return d && !d.gone ? { ...this.view.toScreen(d.tx, d.ty), level: this.mesh.nodes.get(id)?.level } : null;
  }

  get resting() { return !this.#dirty && !this.#work && !this.scene.busy; }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (width === 0 || height === 0) return;
    this.scale = Math.min(2, devicePixelRatio || 1);
    const narrow = width < 620;
    this.size = { width, height };
    this.layout.resize({ width, height, left: narrow ? 14 : 92, right: narrow ? 14 : 40, top: narrow ? 112 : 124, bottom: 44 });
    this.top.width = width * this.scale;
    this.top.height = height * this.scale;
    this.#changed();
  }

  #changed() {
    this.#dirty = true;
    this.#place();
    this.#ask();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#frame = 0;
    if (!this.mesh || !this.size) return;
    if (!this.#work && (this.#dirty || (this.scene.busy && this.#arrived)) && now - this.#began >= this.#pause()) this.#begin(now);
    if (this.#work) this.#paint(now);
    this.#arrived = this.scene.advance(now);
    const fading = this.highlight.advance(now, this.still.matches);
    this.#paintTop();
    if (this.#work || this.#dirty || this.scene.busy || fading) this.#ask();
  }

  #pause() { return this.mesh.nodes.size + this.mesh.edges > AT_ONCE ? PAUSE : 0; }

  /** Begins to paint what rests, behind the scene. */
  #begin(now) {
    this.#began = now;
    this.#dirty = false;
    this.layout.update(this.mesh.nodes);
    this.view.limit(this.size, Math.max(this.size.height, this.layout.height));
    const { left, right } = this.layout.area;
    const source = { x: left + (this.size.width - left - right) / 2, y: 34 };
    this.scene.prepare(this.mesh, this.layout, source, this.still.matches, now);
    const canvas = this.bases[1 - this.#seen], ctx = this.#context(canvas);
    const view = { k: this.view.k, x: this.view.x, y: this.view.y };
    this.painter.measure(this.layout.spacing, this.mesh.edges, view.k);
    this.#work = { ctx, view, line: 0, dot: 0 };
    ctx.clearRect(0, 0, this.size.width, this.size.height);
  }

  /** Paints a part; at the end the canvases change places. */
  #paint(now) {
    const w = this.#work, { lines, dots } = this.scene.resting;
    let room = lines.length + dots.length <= AT_ONCE ? Infinity : PART;
    this.#transform(w.ctx, w.view);
    const toLine = Math.min(lines.length, w.line + room);
    this.painter.lines(w.ctx, lines, w.line, toLine, this.scene.total);
    room -= toLine - w.line;
    w.line = toLine;
    if (w.line < lines.length) return;
    for (; w.dot < dots.length && room > 0; w.dot++, room--) {
      this.painter.dot(w.ctx, dots[w.dot]);
      if (this.painter.labelled) this.painter.label(w.ctx, dots[w.dot]);
    }
    if (w.dot < dots.length) return;
    if (this.mesh.linked) this.painter.origin(w.ctx, this.scene.source);
    this.#context(this.bases[1 - this.#seen], false);
    this.painter.levels(w.ctx, this.#levels(w.view));
    this.#work = null;
    this.baked = w.view;
    this.#seen = 1 - this.#seen;
    this.bases.forEach((c, i) => c.classList.toggle('seen', i === this.#seen));
    this.scene.commit(now);
    this.spots.fill(this.scene.dots, this.layout.spacing);
    this.#place();
  }

  #levels(view) {
    const counts = this.mesh.levels();
    return (this.mesh.linked ? this.layout.bands : []).map((b, i) => {
      const y = b.top + (b.rows - 1) * this.layout.rowHeight / 2, n = counts[i] || 0;
      const at = y * view.k + view.y;
      if (this.size.width < 620) return { y: (b.top - this.layout.spacing * 0.5) * view.k + view.y - 12, name: `Level ${i}`, more: '' };
      return { y: at, name: `Level ${i}`, more: n === 1 ? '1 peer' : `${n} peers` };
    });
  }

  #paintTop() {
    const ctx = this.#context(this.top, true, true), { living, total } = this.scene;
    ctx.clearRect(0, 0, this.size.width, this.size.height);
    this.#transform(ctx, this.view);
    const ends = new Set();
    for (const l of living.lines) {
      this.painter.line(ctx, l, total, this.painter.strength * l.alpha);
      if (l.alpha > 0) {
        ends.add(l.parent);
        ends.add(l.child);
      }
    }
    for (const d of living.dots) ends.add(d);
    ends.delete(this.scene.source);
    for (const d of ends) {
      this.painter.dot(ctx, d);
      if (this.painter.labelled && d.live) this.painter.label(ctx, d);
    }
    this.highlight.paint(ctx, this.painter, this.scene, this.mesh, this.view.visible(this.size));
  }

  #transform(ctx, view) {
    const s = this.scale;
    ctx.setTransform(view.k * s, 0, 0, view.k * s, view.x * s, view.y * s);
  }

  /** A context in CSS pixels. */
  #context(canvas, fit = true, keep = false) {
    const [w, h] = [Math.round(this.size.width * this.scale), Math.round(this.size.height * this.scale)];
    if (fit && !keep && (canvas.width !== w || canvas.height !== h)) [canvas.width, canvas.height] = [w, h];
    const ctx = canvas.getContext('2d');
    ctx.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    return ctx;
  }

  /** Puts what was painted in another view where it belongs in this one. */
  #place() {
    this.root.classList.toggle('movable', this.view.movable);
    const { k, x, y } = this.baked, f = this.view.k / k;
    const same = f === 1 && x === this.view.x && y === this.view.y;
    this.bases[this.#seen].style.transform = same ? 'none' : `matrix(${f},0,0,${f},${this.view.x - x * f},${this.view.y - y * f})`;
    this.bases[1 - this.#seen].style.transform = 'none';
  }
}
