// Many alike at once: mark what does not belong, then one key decides all the others; or choose some, and it decides those.
import { get } from './api.js';
import { act, name } from './core.js';
import { $, $$, count, h, middle, say, shown } from './dom.js';
import { emptyState, filtersNow } from './edge.js';
import { choicesOf, likely } from './item.js';
import { player } from './player.js';
import { page } from './kind.js';
import { enlarge, itemOf } from './media.js';
import { Selection } from './selection.js';
import { compares, glanced, itemView, plays } from './view.js';

const SIZE = page.tiles ?? 24;
const HOVER_MS = 160;

export class Grid {
  constructor(app) {
    this.app = app;
    this.cards = [];
    this.out = new Set();
    this.at = 0;
    this.chosen = new Selection({ onchange: () => this.tell() });
    const moves = { arrowright: () => 1, arrowleft: () => -1, arrowdown: () => this.columns(), arrowup: () => -this.columns() };
    this.keys = {
      ...Object.fromEntries(Object.entries(moves).flatMap(([key, by]) => [[key, () => this.move(by())], [`shift+${key}`, () => this.move(by(), { range: true })]])),
      a: () => this.chosen.all(), escape: () => this.chosen.clear(),
      space: () => this.play(), enter: () => this.mark(), m: () => this.mark(), f: () => player.faster(), r: () => this.other(), '/': () => this.other(),
      c: () => this.all('confirm'), x: () => this.all('exclude'), u: () => this.all('unsure'), s: () => this.pass(),
    };
    for (let j = 1; j <= 9; j++) this.keys[j] = () => this.choices[j - 1] && this.all('relabel', this.choices[j - 1].label);
  }

  open() {
    this.on = true;
    this.load();
  }

  close() {
    this.on = false;
    player.silence();
  }

  restart() { this.load(); }

  // The next ones are on their way, and keys wait for them.
  get loading() { return this.on && this.busy; }

  async load() {
    const turn = (this.turn = (this.turn || 0) + 1);
    this.busy = true;
    this.draw();
    try {
      const { cards, items, alike } = await get('/api/grid', { actor: this.app.actor, n: SIZE, ...filtersNow() });
      if (turn !== this.turn) return;
      this.cards = cards ?? items;
      this.alike = alike;
      this.error = null;
    } catch (error) {
      if (!('status' in error)) throw error;
      if (turn !== this.turn) return;
      this.error = error;
      if (!error.final) setTimeout(() => this.on && turn === this.turn && this.load(), 2000);
    }
    this.busy = false;
    this.out.clear();
    this.chosen.clear();
    this.at = 0;
    if (this.on) this.draw();
    if (this.on && !this.error) this.app.caughtUp();
  }

  draw() {
    if (!this.on) return;
    const { app } = this;
    const aside = h('aside', { 'aria-label': 'Beside it' }, app.filters());
    if (!this.cards.length) {
      const view = this.busy || this.error ? h('article', { class: 'item empty', tabindex: '-1' }, h('p', { class: 'grey' }, this.error ? `${this.error.message}. ${this.error.hint}` : 'Looking for some that are alike …')) : emptyState(app.state, app);
      app.mount(h('div', { class: 'desk' }, h('div', { class: 'middle' }, view), aside), view);
      return;
    }
    // One key may relabel them where all have one given label and one suggestion, and only as that; none that is damaged.
    const { blind } = app.state;
    const alike = !blind && this.cards.every((c) => !c.faults.length && c.suggested === this.cards[0].suggested && c.label === this.cards[0].label);
    this.pair = alike ? this.cards[0].suggested : null;
    this.tiles = this.cards.map((card, j) => this.tile(card, j));
    const box = h('article', { class: `item grid${this.busy ? ' busy' : ''}`, tabindex: '-1', 'aria-label': 'Grid' },
      h('header', {}, h('h1', { class: 'gt' }, `${count(this.cards.length)} alike`, this.pair ? [name(this.cards[0].label), h('span', { class: 'arrow' }, '→'), name(this.pair)] : this.alike ? h('small', {}, shown(this.alike)) : null), h('p', { class: 'id' }, 'Decided together, undone together. Those that you mark stay in the queue. Drag over some, click with Shift or tap them to decide only those.')),
      h('ul', { class: `tiles${glanced(itemOf(this.cards[0])) ? ' seen' : ''}` }, this.tiles));
    this.decide = h('div', { class: 'decide', role: 'group', 'aria-label': 'Decide all the others' }, this.buttons());
    app.mount(h('div', { class: 'desk wide' }, h('div', { class: 'middle' }, box, this.decide), aside), box);
    this.chosen.over(box, this.tiles, { taps: glanced(itemOf(this.cards[0])) });
    this.focus({ quiet: true });
    say(`${this.cards.length} alike. ${this.alike || ''}`);
  }

  tile(card, j) {
    const item = itemOf(card);
    const { suggested } = card;
    let timer;
    const out = this.out.has(card.k);
    const view = itemView(item, { small: true });
    const tile = h('li', { class: 'tile', tabindex: j === this.at ? '0' : '-1', 'data-k': card.k, 'aria-label': `${shown(card.id)}${card.label === null ? '' : `, labelled ${shown(card.label)}`}${suggested === null || this.app.state.blind ? '' : `, suggested ${shown(suggested)}`}`,
      onfocus: () => { this.at = j; this.focus({ quiet: true }); },
      onpointerenter: (event) => { if (event.pointerType === 'mouse' && plays(item)) timer = setTimeout(() => player.play(item), HOVER_MS); },
      onpointerleave: () => clearTimeout(timer), ondblclick: () => { if (glanced(item)) this.enlarge(j); } },
    view, this.app.state.blind || (this.pair !== null && compares(item)) ? null : h('div', { class: 'gt' }, name(card.label), suggested !== null ? [' → ', name(suggested)] : null),
    card.faults.length && !this.app.state.blind ? h('div', { class: 'tag', title: card.faults.map((f) => shown(f.message)).join('; ') }, card.faults.map((f) => f.name).join(', ')) : null,
    h('div', { class: 'of' }, middle(card.id),
      h('button', { type: 'button', class: 'leave', tabindex: '-1', 'aria-pressed': String(out), onclick: () => { this.at = j; this.mark(); } }, 'not this')));
    tile.classList.toggle('out', out);
    return tile;
  }

  buttons() {
    const { app } = this;
    const some = this.chosen.size;
    const whom = some ? `these ${some}` : 'all';
    this.choices = this.pair !== null ? [{ label: this.pair }] : app.state.blind ? choicesOf({ ...this.cards[0], suggestions: [] }, { state: app.state }) : [];
    const sure = this.pair !== null && this.cards.every(likely);
    const givens = new Set(this.cards.map((c) => c.label));
    const one = givens.size === 1 ? [...givens][0] : undefined;
    return [h('div', { class: 'choices' }, this.choices.map((c, j) => h('button', { type: 'button', class: `choice${sure && !j ? ' top' : ''}`, 'aria-keyshortcuts': j + 1, onclick: () => this.all('relabel', c.label) },
      h('kbd', {}, j + 1), h('span', { class: 'label' }, `${whom} → `, h('bdi', {}, shown(c.label)))))),
    h('div', { class: 'acts' }, app.state.blind ? null : act('C', one === undefined || one === null ? `confirm ${whom}` : [`confirm ${whom} as `, name(one)], () => this.all('confirm'), { class: sure ? 'confirm plainly' : 'confirm', disabled: this.cards.some((c) => c.label === null) }),
      act('R', 'another label', () => this.other(), { class: 'other' }), act('X', `exclude ${whom}`, () => this.all('exclude'), { class: 'exclude' }), act('U', 'unsure', () => this.all('unsure'), { class: 'unsure' }), act('S', 'not now', () => this.pass(), { class: 'skip' }),
      act('M', some ? 'not these' : 'not this one', () => this.mark(), { class: 'quiet noter' }), h('span', { class: 'tally', id: 'tally' }, this.tally()))];
  }

  // What is chosen has changed: the buttons say whom they decide.
  tell() {
    if (!this.on || !this.decide) return;
    this.decide.replaceChildren(...this.buttons());
    if (this.chosen.size) say(`${this.chosen.size} chosen`);
  }

  tally() { return this.chosen.size ? `${this.chosen.size} of ${this.cards.length} chosen, the rest stays` : this.out.size ? `${this.cards.length - this.out.size} of ${this.cards.length}, ${this.out.size} stay` : `all ${this.cards.length}`; }

  columns() {
    const [first] = this.tiles;
    return Math.max(1, this.tiles.filter((t) => t.offsetTop === first.offsetTop).length);
  }

  move(by, { range = false } = {}) {
    const to = this.at + by;
    if (!this.cards.length || to < 0 || to >= this.cards.length) return;
    if (range) this.chosen.reach(this.at, to);
    this.at = to;
    this.focus({ play: true });
  }

  focus({ quiet = false, play = false } = {}) {
    this.tiles.forEach((t, j) => { t.tabIndex = j === this.at ? 0 : -1; t.classList.toggle('here', j === this.at); });
    if (!quiet) this.tiles[this.at].focus();
    if (play) this.play({ again: true });
  }

  play({ again = false } = {}) {
    const card = this.cards[this.at];
    const item = card && itemOf(card);
    if (item && glanced(item) && !again) this.enlarge(this.at);
    if (!item || !plays(item)) return;
    if (again) player.play(item);
    else player.toggle(item);
  }

  enlarge(at) { enlarge(this.cards, at, { blind: this.app.state.blind, moved: (j) => { this.at = j; this.focus({ quiet: true }); } }); }

  mark() {
    const card = this.cards[this.at];
    if (!card || this.busy) return;
    const out = !this.out.has(card.k);
    for (const at of this.chosen.size ? this.chosen.places : [this.at]) {
      if (out) this.out.add(this.cards[at].k); else this.out.delete(this.cards[at].k);
      this.tiles[at].classList.toggle('out', out);
      $('.leave', this.tiles[at]).setAttribute('aria-pressed', String(out));
    }
    this.chosen.clear();
    $('#tally').textContent = this.tally();
    say(out ? 'Stays in the queue' : 'Decided with the others');
  }

  other() { if (this.cards.length && !this.busy) this.app.askClass((label) => this.all('relabel', label)); }

  // Skipped items come last in the queue: the next ones are of another kind.
  pass() { this.all('skip'); }

  all(action, label = null) {
    if (this.busy) { this.held(); return; } // a click was meant for those that went
    if (!this.cards.length) return;
    const { blind } = this.app.state;
    if (action === 'confirm' && (blind || this.cards.some((c) => c.label === null))) { say('There is no label to confirm.'); return; }
    const chosen = this.chosen.size ? this.chosen.places.map((at) => this.cards[at]) : this.cards.filter((c) => !this.out.has(c.k));
    if (!chosen.length) { say('All are marked: nothing to decide.'); return; }
    player.stop();
    this.app.desk.decide(chosen.map((card) => {
      const same = action === 'relabel' && !blind && card.label === label;
      return { card, action: same ? 'confirm' : action, label: same ? null : label };
    }));
    this.busy = true;
    $$('.item.grid').forEach((g) => g.classList.add('busy'));
  }

  held() {
    const words = 'The next ones are on their way: click again when they are here.';
    if ($('#tally')) $('#tally').textContent = words;
    say(words);
  }

  // The next ones are alike among what is left, so the server must know first.
  stored() { if (this.on) this.load(); }

  taken() {}

  again() {}

  reveal() { this.load(); }
}
