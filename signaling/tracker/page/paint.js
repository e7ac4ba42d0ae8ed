/** How peers and links look on a canvas, in the colours of the style sheet. */

import { TONES } from './scene.js';

/** Links in one stroke. */
const BATCH = 80;
/** Distance, in CSS pixels, from which ids fit below peers. */
const LABELS = 84;

export class Painter {
  constructor() { this.readColours(); }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.ground = colour('ground');
    this.ink = colour('ink');
    this.muted = colour('muted');
    this.source = colour('share-0');
    this.accent = colour('accent');
    this.unknown = colour('unknown');
    this.tones = Array.from({ length: TONES }, (_, i) => colour(`share-${i}`));
    this.sans = style.getPropertyValue('--sans');
    this.mono = style.getPropertyValue('--mono');
  }

  /** Takes what depends on the size of the mesh and the zoom. */
  measure(spacing, links, zoom) {
    this.zoom = zoom;
    this.spacing = spacing;
    this.radius = Math.max(2.4, Math.min(13, spacing * 0.19)) * zoom ** -0.35;
    this.widest = Math.max(1.3, Math.min(6, spacing * 0.062)) * zoom ** -0.35;
    this.strength = Math.max(0.24, 0.86 - 0.18 * Math.log10(Math.max(1, links)));
    this.labelled = spacing * zoom >= LABELS;
  }

  tone(t) { return t === -2 ? this.source : this.tones[t] ?? this.unknown; }

  size(dot) { return this.radius * dot.size; }

  width(line, total) { return Math.max(0.7, this.widest * line.count / total); }

  #trace(ctx, l) {
    const a = l.parent, b = l.child, mid = (a.y + b.y) / 2;
    ctx.moveTo(a.x, a.y);
    if (a.y === b.y) ctx.quadraticCurveTo((a.x + b.x) / 2, a.y - Math.min(90, 10 + Math.abs(a.x - b.x) * 0.32), b.x, b.y); // over those between
    else if (Math.abs(a.x - b.x) < 1) ctx.lineTo(b.x, b.y);
    else ctx.bezierCurveTo(a.x, mid, b.x, mid, b.x, b.y);
  }

  /** Resting links from..to of a list that is sorted by look. */
  lines(ctx, list, from, to, total) {
    let look = null, traced = 0;
    ctx.globalAlpha = this.strength;
    ctx.beginPath();
    for (let i = from; i < to; i++) {
      const l = list[i];
      if (traced === BATCH || !look || look.tone !== l.tone || look.count !== l.count) {
        if (traced > 0) ctx.stroke();
        ctx.beginPath();
        traced = 0;
        look = l;
        ctx.strokeStyle = this.tone(l.tone);
        ctx.lineWidth = this.width(l, total);
      }
      this.#trace(ctx, l);
      traced++;
    }
    if (traced > 0) ctx.stroke();
    ctx.globalAlpha = 1;
  }

  /** One link by itself, as strong as told. */
  line(ctx, l, total, alpha, colour = this.tone(l.tone), more = 0) {
    if (alpha <= 0) return;
    ctx.globalAlpha = alpha;
    ctx.strokeStyle = colour;
    ctx.lineWidth = this.width(l, total) + more;
    ctx.beginPath();
    this.#trace(ctx, l);
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  dot(ctx, d, alpha = d.alpha) {
    if (alpha <= 0) return;
    const r = this.size(d) * (0.6 + 0.4 * d.alpha);
    ctx.globalAlpha = alpha;
    disc(ctx, d.x, d.y, r + Math.max(1.2, r * 0.22));
    ctx.fillStyle = this.ground; // keeps links at a distance
    ctx.fill();
    disc(ctx, d.x, d.y, r);
    if (d.held) {
      ctx.lineWidth = Math.max(1, r * 0.25);
      ctx.strokeStyle = this.tone(d.tone);
      ctx.stroke();
    } else {
      ctx.fillStyle = this.tone(d.tone);
      ctx.fill();
    }
    if (d.root) this.ring(ctx, d, this.source, Math.max(1, r * 0.17));
    ctx.globalAlpha = 1;
  }

  ring(ctx, d, colour, width) {
    const r = this.size(d);
    disc(ctx, d.x, d.y, r + Math.max(2, r * 0.36));
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.stroke();
  }

  /** The id below a peer, as much of it as fits. */
  label(ctx, d, alpha = d.alpha) {
    ctx.font = `${11 / this.zoom}px ${this.mono}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'top';
    ctx.fillStyle = this.muted;
    ctx.globalAlpha = alpha;
    const y = d.y + this.size(d) * 1.5 + 5 / this.zoom;
    this.#clear(ctx, fitting(ctx, d.id, this.spacing - 8 / this.zoom), d.x, y, 5 / this.zoom);
    ctx.globalAlpha = 1;
  }

  /** A text that links do not cross. */
  #clear(ctx, text, x, y, room) {
    ctx.lineJoin = 'round';
    ctx.lineWidth = room;
    ctx.strokeStyle = this.ground;
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  }

  /** The id of a peer that is looked at, readable above everything. */
  tag(ctx, d) {
    ctx.font = `${12 / this.zoom}px ${this.mono}`;
    const text = d.id.length > 40 ? `${d.id.slice(0, 39)}…` : d.id, wide = ctx.measureText(text).width;
    const y = d.y + this.size(d) * 1.5 + 4 / this.zoom, pad = 6 / this.zoom, high = 20 / this.zoom;
    ctx.fillStyle = this.ink;
    ctx.beginPath();
    ctx.roundRect(d.x - wide / 2 - pad, y, wide + 2 * pad, high, 4 / this.zoom);
    ctx.fill();
    ctx.fillStyle = this.ground;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, d.x, y + high / 2 + 0.5 / this.zoom);
  }

  /** The source at the top. */
  origin(ctx, d) {
    const wide = 66, high = 24;
    ctx.beginPath();
    ctx.roundRect(d.x - wide / 2, d.y - high / 2, wide, high, high / 2);
    ctx.fillStyle = this.ground;
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = this.source;
    ctx.stroke();
    ctx.font = `600 12px ${this.sans}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = this.source;
    ctx.fillText('Source', d.x, d.y + 0.5);
  }

  /** Names of levels at the left edge, in pixels of the canvas. */
  levels(ctx, rows) {
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    for (const { y, name, more } of rows) {
      ctx.font = `600 12px ${this.sans}`;
      ctx.fillStyle = this.ink;
      this.#clear(ctx, name, 16, more ? y - 8 : y, 4);
      ctx.font = `12px ${this.sans}`;
      ctx.fillStyle = this.muted;
      this.#clear(ctx, more, 16, y + 8, 4);
    }
  }
}

function disc(ctx, x, y, r) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
}

function fitting(ctx, text, room) {
  if (text.length > 64) text = text.slice(0, 64);
  if (ctx.measureText(text).width <= room) return text;
  const most = Math.floor(room / ctx.measureText('m').width) - 1;
  return most > 2 ? `${text.slice(0, most)}…` : '';
}
