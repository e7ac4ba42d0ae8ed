/**
 * The peer that is looked at: its parents, its children and its way to the
 * source stand out, the rest steps back.
 */

const LASTS = 130; // ms
const VEIL = 0.74;

export class Highlight {
  constructor() {
    this.id = null;
    this.shown = null; // still painted while it fades
    this.veil = 0;
    this.since = 0;
  }

  /** @returns {boolean} whether that is news */
  point(id) {
    if (id === this.id) return false;
    this.id = id;
    if (id !== null) this.shown = id;
    return true;
  }

  /** @returns {boolean} whether it goes on */
  advance(now, still) {
    const target = this.id === null ? 0 : VEIL;
    if (still) this.veil = target;
    const step = VEIL * Math.min(50, now - this.since) / LASTS;
    this.since = now;
    if (this.veil < target) this.veil = Math.min(target, this.veil + step);
    else if (this.veil > target) this.veil = Math.max(target, this.veil - step);
    if (this.veil === 0) this.shown = null;
    return this.veil !== target;
  }

  paint(ctx, painter, scene, mesh, area) {
    const node = this.shown === null ? null : mesh.nodes.get(this.shown), dot = scene.dots.get(this.shown);
    if (!node || !dot || dot.gone || this.veil === 0) return;
    ctx.globalAlpha = this.veil;
    ctx.fillStyle = painter.ground;
    ctx.fillRect(area.x, area.y, area.width, area.height);
    const strength = this.veil / VEIL, dots = new Set();
    const draw = (line, colour, more) => {
      if (!line || line.gone) return;
      painter.line(ctx, line, scene.total, strength * line.alpha, colour, more);
      dots.add(line.parent);
      dots.add(line.child);
    };
    for (const id of node.children.keys()) draw(scene.dots.get(id)?.lines.get(node.id));
    for (const line of dot.lines.values()) draw(line);
    const way = mesh.path(node.id);
    way.forEach((id, i) => draw(scene.dots.get(id)?.lines.get(way[i + 1] ?? ''), painter.accent, 1.2 / painter.zoom));
    dots.add(dot);
    dots.delete(scene.source);
    for (const d of dots) {
      painter.dot(ctx, d, strength * d.alpha);
      if (painter.labelled && d !== dot) painter.label(ctx, d, strength * d.alpha);
    }
    ctx.globalAlpha = strength;
    if (mesh.linked) painter.origin(ctx, scene.source);
    painter.ring(ctx, dot, painter.accent, 2 / painter.zoom);
    painter.tag(ctx, dot);
    ctx.globalAlpha = 1;
  }
}
