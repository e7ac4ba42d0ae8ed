/** Mouse, finger and wheel on the stage: pointing, choosing, moving, zooming. */

const SLACK = 6; // px that a click may move

export class Pointer {
  #down = new Map();
  #moved = false;
  #spread = 0;
  #wide = matchMedia('(min-width: 901px)');

  /**
   * @param {HTMLElement} root
   * @param {import('./stage.js').Stage} stage
   * @param {{point: (id: ?string) => void, choose: (id: ?string) => void}} act
   */
  constructor(root, stage, act) {
    Object.assign(this, { root, stage, act });
    root.addEventListener('pointermove', (e) => this.#move(e));
    root.addEventListener('pointerdown', (e) => this.#press(e));
    root.addEventListener('pointerup', (e) => this.#release(e));
    root.addEventListener('pointercancel', (e) => this.#forget(e));
    root.addEventListener('pointerleave', (e) => {
      this.#forget(e);
      if (e.pointerType === 'mouse') this.act.point(null);
    });
    root.addEventListener('wheel', (e) => this.#wheel(e), { passive: false });
  }

  #at(e) {
    const box = this.root.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  }

  #press(e) {
    if (e.pointerType === 'mouse' && e.button !== 0) return;
    this.#down.set(e.pointerId, { start: this.#at(e), last: this.#at(e) });
    if (this.#down.size === 1) this.#moved = false;
    this.#spread = this.#distance();
  }

  #move(e) {
    const at = this.#at(e), finger = this.#down.get(e.pointerId);
    if (!finger) {
      if (e.pointerType === 'mouse') this.act.point(this.stage.at(at.x, at.y));
      return;
    }
    const { last, start } = finger;
    finger.last = at;
    if (Math.hypot(at.x - start.x, at.y - start.y) > SLACK) this.#moved = true;
    if (!this.#moved) return;
    if (this.#down.size === 1) {
      this.stage.view.move(at.x - last.x, at.y - last.y);
      return;
    }
    const spread = this.#distance(), [a, b] = [...this.#down.values()];
    if (this.#spread > 0 && spread > 0) {
      this.stage.view.zoom(spread / this.#spread, { x: (a.last.x + b.last.x) / 2, y: (a.last.y + b.last.y) / 2 });
    }
    this.#spread = spread;
  }

  #distance() {
    const [a, b] = [...this.#down.values()];
    return a && b ? Math.hypot(a.last.x - b.last.x, a.last.y - b.last.y) : 0;
  }

  #release(e) {
    const was = this.#down.has(e.pointerId), at = this.#at(e);
    this.#forget(e);
    if (was && !this.#moved) this.act.choose(this.stage.at(at.x, at.y));
  }

  #forget(e) {
    this.#down.delete(e.pointerId);
    this.#spread = this.#distance();
  }

  #wheel(e) {
    if (!e.ctrlKey && !this.#wide.matches) return; // the page is to scroll
    e.preventDefault();
    this.stage.view.zoom(Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.0016)), this.#at(e));
  }
}
