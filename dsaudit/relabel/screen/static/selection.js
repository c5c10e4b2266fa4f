// Several tiles of a grid chosen at once: a drag across them, a click with Shift up to one, with Ctrl one more or less.
import { h } from './dom.js';

const FAR = 6; // a pointer that moves less was held still

export class Selection {
  constructor({ onchange }) {
    this.chosen = new Set();
    this.anchor = 0;
    this.onchange = onchange;
    this.tiles = [];
  }

  get size() { return this.chosen.size; }

  get places() { return [...this.chosen].sort((a, b) => a - b); }

  // The tiles, and the element over which they are dragged across; `taps` of a finger choose, too.
  over(root, tiles, { taps = false } = {}) {
    this.tiles = tiles;
    this.taps = taps;
    root.addEventListener('pointerdown', (event) => this.press(event, root));
    root.addEventListener('click', (event) => this.click(event), true);
    root.addEventListener('dragstart', (event) => event.preventDefault()); // of a picture
    this.paint();
  }

  set(places) {
    const same = places.size === this.chosen.size && [...places].every((at) => this.chosen.has(at));
    this.chosen = places;
    if (same) return;
    this.paint();
    this.onchange();
  }

  paint() { this.tiles.forEach((tile, at) => { tile.classList.toggle('chosen', this.chosen.has(at)); tile.setAttribute('aria-selected', String(this.chosen.has(at))); }); }

  clear() { this.set(new Set()); }

  all() { this.set(new Set(this.size === this.tiles.length ? [] : this.tiles.keys())); }

  // From where the choice began up to another place; `from` begins one.
  reach(from, to) {
    if (!this.size) this.anchor = from;
    const [low, high] = [Math.min(this.anchor, to), Math.max(this.anchor, to)];
    this.set(new Set(Array.from({ length: high - low + 1 }, (_, j) => low + j)));
  }

  click(event) {
    if (this.dragged) { this.dragged = false; event.stopPropagation(); event.preventDefault(); return; }
    const at = this.tiles.indexOf(event.target.closest('.tile'));
    if (at < 0 || event.target.closest('button')) return;
    const more = event.ctrlKey || event.metaKey || (this.taps && event.pointerType === 'touch');
    if (event.shiftKey) this.reach(this.last ?? at, at);
    else if (more) { const next = new Set(this.chosen); if (!next.delete(at)) next.add(at); this.anchor = at; this.set(next); }
    else this.anchor = at;
    this.last = at;
    if (event.shiftKey || more) { event.stopPropagation(); event.preventDefault(); }
  }

  press(event, root) {
    if (event.button !== 0 || event.pointerType !== 'mouse' || event.target.closest('button, a, input')) return;
    if (event.shiftKey) event.preventDefault(); // it would mark text
    const from = [event.clientX, event.clientY + root.scrollTop];
    const before = event.ctrlKey || event.metaKey || event.shiftKey ? this.chosen : new Set();
    let band = null;
    const move = (now) => {
      const to = [now.clientX, now.clientY + root.scrollTop];
      if (!band && Math.hypot(to[0] - from[0], to[1] - from[1]) < FAR) return;
      if (!band) { band = h('div', { class: 'band', 'aria-hidden': 'true' }); document.body.append(band); getSelection().removeAllRanges(); }
      const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
      const [top, bottom] = [Math.min(from[1], to[1]) - root.scrollTop, Math.max(from[1], to[1]) - root.scrollTop];
      Object.assign(band.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
      const under = this.tiles.flatMap((tile, at) => { const box = tile.getBoundingClientRect(); return box.left < right && box.right > left && box.top < bottom && box.bottom > top ? [at] : []; });
      this.set(new Set([...before, ...under]));
      now.preventDefault();
    };
    const end = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      this.dragged = Boolean(band);
      if (band) { band.remove(); setTimeout(() => { this.dragged = false; }, 0); this.anchor = this.places[0] ?? 0; }
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  }
}
