/** What part of the mesh is seen: zoom and displacement, within limits. */

const MOST = 10;

export class View {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    [this.k, this.x, this.y] = [1, 0, 0];
    [this.size, this.tall] = [null, 0];
  }

  /** Says how much there is to see; what is taller than the size can be moved. */
  limit(size, tall) {
    [this.size, this.tall] = [size, tall];
    this.#clamp();
  }

  reset() {
    [this.k, this.x, this.y] = [1, 0, 0];
    this.changed?.();
  }

  /** Zooms so that what is at a point stays there. */
  zoom(factor, at = { x: this.size.width / 2, y: this.size.height / 2 }) {
    const k = Math.min(MOST, Math.max(1, this.k * factor)), f = k / this.k;
    this.x = at.x - (at.x - this.x) * f;
    this.y = at.y - (at.y - this.y) * f;
    this.k = k;
    this.#clamp();
    this.changed();
  }

  move(dx, dy) {
    const { x, y } = this;
    this.x += dx;
    this.y += dy;
    this.#clamp();
    if (x !== this.x || y !== this.y) this.changed();
  }

  /** Moves so far that a point of the mesh is seen. */
  reveal(p, margin = 40) {
    const s = this.toScreen(p.x, p.y), { width, height } = this.size;
    this.move(
      Math.max(0, margin - s.x) + Math.min(0, width - margin - s.x),
      Math.max(0, margin - s.y) + Math.min(0, height - margin - s.y),
    );
  }

  #clamp() {
    if (!this.size) return;
    this.x = Math.min(0, Math.max(this.size.width * (1 - this.k), this.x));
    this.y = Math.min(0, Math.max(this.size.height - this.tall * this.k, this.y));
  }

  /** Whether there is more than is seen. */
  get movable() { return this.k > 1 || (this.size !== null && this.tall > this.size.height); }

  toWorld(x, y) { return { x: (x - this.x) / this.k, y: (y - this.y) / this.k }; }

  toScreen(x, y) { return { x: x * this.k + this.x, y: y * this.k + this.y }; }

  /** The part of the mesh that is seen. */
  visible(size) {
    const { x, y } = this.toWorld(0, 0);
    return { x, y, width: size.width / this.k, height: size.height / this.k };
  }
}
