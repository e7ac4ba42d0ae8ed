/** The little that is needed to build pages. Texts are always texts, never markup. */

/** The element of an id. */
export const $ = (id) => document.getElementById(id);

/**
 * Makes an element.
 * @param {string} name
 * @param {object} attributes class, data-…, aria-…; text for its content; on… for listeners
 * @param {...(Node|string)} children
 */
export function make(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (v === undefined || v === null || v === false) continue;
    if (k === 'text') e.textContent = v;
    else if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...children);
  return e;
}

const SVG = 'http://www.w3.org/2000/svg';

export function drawing(name, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

/** Changes a text only if it is another. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A bar for a share of 0 to 1. */
export class Bar {
  constructor() {
    this.fill = drawing('rect', { class: 'fill', width: 0, height: 6, rx: 3 });
    this.element = drawing('svg', { class: 'share', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      drawing('rect', { class: 'ground', width: 100, height: 6, rx: 3 }), this.fill);
  }

  set(share) {
    this.element.classList.toggle('unknown', share === null);
    this.fill.setAttribute('width', 100 * (share ?? 0));
  }
}
