// Type a few letters, pick with arrows and Enter: for classes, and for finding any item.
import { h, say } from './dom.js';

export class Chooser {
  // options(query): list, or a promise of one, of {parts, value, explicit}; an explicit option is never taken unless moved to
  constructor({ title, placeholder, options, pick, hint = '' }) {
    this.options = options;
    this.pick = pick;
    this.input = h('input', { type: 'text', role: 'combobox', class: 'grow', placeholder, 'aria-label': title, 'aria-expanded': 'true', 'aria-controls': `list-${Chooser.n}`, 'aria-autocomplete': 'list', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', dir: 'auto',
      oninput: () => { this.waiting = this.ask(); }, onkeydown: (event) => this.key(event) });
    this.list = h('ul', { role: 'listbox', id: `list-${Chooser.n++}`, 'aria-label': title, class: 'choices-list' });
    this.dialog = h('dialog', { class: 'palette', 'aria-label': title, onclick: (event) => event.target === this.dialog && this.dialog.close(), onclose: () => this.onclose?.() },
      h('form', { class: 'entry', method: 'dialog', onsubmit: (event) => event.preventDefault() }, this.input, h('button', { type: 'button', class: 'quiet', onclick: () => this.dialog.close() }, h('span', { class: 'keyed' }, h('kbd', {}, 'Esc')), h('span', { class: 'touch' }, 'Cancel'))),
      this.list, hint ? h('p', { class: 'grey small hint' }, hint) : null);
    document.body.append(this.dialog);
  }

  get open() { return this.dialog.open; }

  show(query = '') {
    this.input.value = query;
    this.dialog.showModal();
    this.input.focus();
    this.waiting = this.ask();
  }

  async ask() {
    const turn = (this.turn = (this.turn || 0) + 1);
    const found = await this.options(this.input.value.trim());
    if (turn !== this.turn) return;
    this.found = found;
    this.list.replaceChildren(...found.map((option, j) => h('li', { role: 'option', id: `${this.list.id}-${j}`, class: option.explicit ? 'explicit' : '', 'aria-selected': 'false', onclick: () => this.take(j) }, option.parts)));
    this.go(found.length && !found[0].explicit ? 0 : -1);
    if (!found.length) this.list.append(h('li', { class: 'none', role: 'presentation' }, 'Nothing matches.'));
  }

  go(at) {
    this.at = at;
    [...this.list.children].forEach((li, j) => li.setAttribute('aria-selected', String(j === at)));
    const li = this.list.children[at];
    if (li && this.found.length) { this.input.setAttribute('aria-activedescendant', li.id); li.scrollIntoView({ block: 'nearest' }); } else this.input.removeAttribute('aria-activedescendant');
  }

  key(event) {
    if (event.isComposing) return;
    const last = (this.found || []).length - 1;
    const moves = { ArrowDown: Math.min(this.at + 1, last), ArrowUp: Math.max(this.at - 1, last >= 0 && this.found[0].explicit ? -1 : 0), PageDown: Math.min(this.at + 8, last), PageUp: Math.max(this.at - 8, 0) };
    if (event.key in moves) { this.go(moves[event.key]); event.preventDefault(); }
    if (event.key === 'Enter') { event.preventDefault(); if (!event.repeat) this.enter(); }
  }

  // Letters typed a moment ago may not have been answered yet.
  async enter() {
    await this.waiting;
    if (this.at >= 0 && this.found?.[this.at]) this.take(this.at);
    else say('Nothing chosen. Press arrow down to choose.');
  }

  take(j) {
    const option = this.found[j];
    if (!option) return;
    this.dialog.close();
    this.pick(option.value);
  }
}
Chooser.n = 0;

// Classes by what was typed: those that begin so, then those that hold it, then its letters in order.
export function matching(classes, query) {
  const fold = (s) => s.normalize('NFKC').toLocaleLowerCase().replace(/[\s_-]+/g, ' ').trim();
  const q = fold(query);
  if (!q) return classes;
  const rank = (label) => {
    const s = fold(label);
    if (s === q) return 0;
    if (s.startsWith(q)) return 1;
    if (s.split(' ').some((w) => w.startsWith(q))) return 2;
    if (s.includes(q)) return 3;
    let at = -1;
    return [...q].every((c) => (at = s.indexOf(c, at + 1)) >= 0) ? 4 : 9;
  };
  return classes.map((c) => [rank(c.name), c]).filter(([r]) => r < 9).sort((a, b) => a[0] - b[0]).map(([, c]) => c);
}
