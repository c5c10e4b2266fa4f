// One item at a time: the queue, or the list of disagreements.
import { get, post } from './api.js';
import { tab } from './core.js';
import { count, h, say, shown } from './dom.js';
import { Cards } from './cards.js';
import { emptyState, filtersNow } from './edge.js';
import { FieldDesk } from './fields.js';
import { article, heldAgainst, mendFirst } from './item.js';
import { player } from './player.js';
import { beside, enlarge, itemOf } from './media.js';
import { compares, glanced, itemView, plays } from './view.js';

const NARROW = matchMedia('(max-width: 720px)');
const NOT_QUEUED = 'Looking for the next one …';

export class Single {
  constructor(app, { settle = false } = {}) {
    this.app = app;
    this.settle = settle;
    this.choices = [];
    this.draftKey = `dsaudit.drafts.${app.scope}`;
    this.drafts = tab.get(this.draftKey, {});
    const pending = () => app.pendingItems();
    this.queue = new Cards({ source: settle ? disputed(app) : queued(app), pending, actor: () => app.actor, onarrive: () => this.render(), memory: settle ? null : `dsaudit.seen.${app.scope}` });
    this.fields = new FieldDesk(this);
    this.keys = {
      c: () => (this.fields.on ? this.fields.keep() : this.confirm()), enter: () => (this.fields.on ? this.fields.take() : this.confirm()), x: () => this.decide('exclude'), u: () => this.decide('unsure'),
      s: () => this.skip(), arrowright: () => this.skip(), arrowleft: () => this.back(), r: () => this.other(), '/': () => this.other(),
      w: () => this.fields.on && this.fields.all(), arrowdown: () => this.fields.move(1), arrowup: () => this.fields.move(-1),
      n: () => this.note(), m: () => this.must(), a: () => this.apart(), p: () => this.mend(), space: () => this.replay(), f: () => player.faster(),
    };
    for (let j = 1; j <= 9; j++) {
      this.keys[j] = () => (this.fields.on ? this.fields.choose(j - 1) : this.choose(j - 1));
      this.keys[`shift+${j}`] = () => this.listen(j - 1);
    }
  }

  // Whether there is nothing to decide on yet, and soon will be.
  get loading() { return this.on && !this.queue.current?.card && !(this.queue.left === 0 && !this.queue.filling); }

  get state() { return this.settle ? { ...this.app.state, blind: false } : this.app.state; }

  open() {
    this.on = true;
    this.shown = null;
    if (this.settle) this.queue.restart();
    else this.queue.fill();
    this.render();
  }

  close() { this.on = false; }

  restart() {
    this.queue.restart();
    this.render();
  }

  render() {
    if (!this.on) return;
    const entry = this.queue.current;
    if (!entry?.card) { this.wait(entry); return; }
    const stamp = [entry, entry.card, entry.decided, this.state.blind];
    if (this.shown && stamp.every((s, j) => s === this.shown[j])) return;
    const arrived = this.shown?.[0] !== entry || this.shown.length < 4;
    this.shown = stamp;
    const draft = this.drafts[entry.k] ?? entry.decided?.note ?? '';
    if (arrived) this.fields.typing = false;
    const { box, decide, choices, against, side } = article(entry, { state: this.state, settle: this.settle, draft, on: this });
    this.choices = choices;
    this.against = against?.k ?? null;
    this.box = box;
    this.app.mount(h('div', { class: 'desk' }, h('div', { class: 'middle' }, box, decide), h('aside', { 'aria-label': 'Beside it' }, ...side, this.settle ? null : this.app.filters())), box);
    if (this.fields.on && !NARROW.matches) itemOf(entry.card).words?.().then(() => box.querySelector('.stage .doubt')?.scrollIntoView({ block: 'nearest' }));
    if (!arrived) return;
    this.app.caughtUp();
    if (this.queue.current !== entry) return;
    const item = itemOf(entry.card);
    if (plays(item)) player.play(item);
    else player.silence();
    this.announce(entry);
  }

  // The same item, of whose fields something was decided.
  redraw() {
    const at = this.box?.scrollTop ?? 0;
    this.shown = this.shown && [...this.shown.slice(0, 3), null];
    this.render();
    if (this.box) this.box.scrollTop = at;
  }

  announce({ card, decided }) {
    const { suggested } = card;
    if (this.fields.on) {
      say(`${this.app.desk.spoken ? `${this.app.desk.spoken}. ` : ''}Next: ${count(card.fields.length)} value${card.fields.length === 1 ? '' : 's'} in doubt.`);
      this.app.desk.spoken = '';
      return;
    }
    const what = this.state.blind ? 'Next item.' : `Next: ${card.label === null ? 'no label' : shown(card.label)}${suggested === null ? '' : `, suggested ${shown(suggested)}`}.`;
    say(`${this.app.desk.spoken ? `${this.app.desk.spoken}. ` : ''}${what}${decided ? ' Already decided.' : ''}`);
    this.app.desk.spoken = '';
  }

  wait(entry) {
    this.shown = null;
    this.box = null;
    this.choices = [];
    if (player.k !== null) player.silence();
    const { queue } = this;
    const lost = queue.error;
    const held = !entry && !lost && !queue.filling && queue.held;
    const nothing = !entry && !lost && !queue.filling && !held && queue.left !== null;
    const view = nothing ? emptyState(this.app.state, this.app, { settle: this.settle })
      : h('article', { class: 'item empty', tabindex: '-1' }, h('p', { class: 'grey' }, lost ? `${lost.message}. ${lost.hint || ''} The next item comes when it does.` : held ? `The last ${count(held)} are on other people’s screens. What they leave comes here.` : NOT_QUEUED));
    this.app.mount(h('div', { class: 'desk' }, h('div', { class: 'middle' }, view), h('aside', { 'aria-label': 'Beside it' }, this.settle ? null : this.app.filters())), view);
    if (nothing) say(view.querySelector('h1').textContent);
  }

  // the buttons and keys

  confirm() {
    if (this.settle || this.state.blind) { say(this.settle ? 'Choose by number who is right.' : 'The label is hidden: choose a class.'); return; }
    if (this.queue.current?.card?.label === null) { say('There is no label to confirm.'); return; }
    this.decide('confirm');
  }

  choose(j) {
    const c = this.choices[j];
    if (!c) return;
    if (c.action === 'mend') this.mend();
    else if (c.action) this.decide(c.action);
    else this.relabel(c.label);
  }

  relabel(label) {
    const { card } = this.queue.current || {};
    if (!card) return;
    const same = !this.state.blind && label === card.label;
    this.decide(same ? 'confirm' : 'relabel', same ? null : label);
  }

  mend() {
    const { card } = this.queue.current || {};
    if (!card || !mendFirst(card, { blind: this.state.blind, settle: this.settle })) { say('Nothing to repair first.'); return; }
    this.decide('unsure', null, `repair first: ${card.faults.map((f) => f.name).join(', ')}`);
  }

  apart() {
    const { card } = this.queue.current || {};
    if (!card?.set.length) { say('It has no copies.'); return; }
    this.app.desk.apart(card);
    card.set = [];
    card.apart = true;
    this.shown = null;
    this.render();
  }

  decide(action, label = null, because = '') {
    const entry = this.queue.current;
    if (!entry?.card) return;
    const note = [because, (this.drafts[entry.k] ?? '').trim()].filter(Boolean).join('; ');
    this.draft('', entry.k);
    this.app.desk.decide([{ card: entry.card, action, label, note, settles: this.settle && action !== 'skip' }]);
    entry.before = entry.decided;
    entry.decided = { action, label: action === 'confirm' ? entry.card.label : label, note };
    if (action === 'confirm' && this.state.blind) entry.decided.label = null;
    this.queue.advance();
  }

  exclude() { this.decide('exclude'); }

  unsure() { this.decide('unsure'); }

  skip() {
    const entry = this.queue.current;
    if (!entry) return;
    if (entry.decided) this.queue.forward();
    else if (entry.card) this.decide('skip');
  }

  back() { if (!this.queue.back()) say('This is the first item.'); }

  other() { if (this.fields.on) this.fields.type(); else if (this.queue.current?.card) this.app.askClass((label) => this.relabel(label), this.choices.map((c) => c.label)); }

  replay() {
    const { card } = this.queue.current || {};
    if (card && plays(itemOf(card))) player.toggle(itemOf(card));
    else if (card && glanced(itemOf(card)) && !itemOf(card).failed) enlarge([card], 0, { blind: this.state.blind });
    else if (card) this.compare([...card.set, ...card.neighbours][0]);
  }

  listen(j) {
    const { card } = this.queue.current || {};
    const one = card?.neighbours[j];
    if (!one) return;
    if (plays(beside(one))) player.toggle(beside(one));
    else if (glanced(itemOf(card))) enlarge(card.neighbours, j, { card, blind: this.state.blind });
    else if (compares(itemOf(card))) this.compare(one);
    else this.queue.show(one.k);
  }

  // The item beside another one; the same again, and it stands alone.
  compare(other) {
    const { card } = this.queue.current || {};
    const view = this.box?.querySelector('.stage')?.firstElementChild;
    if (!view || !other || itemOf(card).failed || !compares(itemOf(card))) return;
    const alone = this.against === other.k;
    this.against = alone ? null : other.k;
    view.replaceWith(alone ? itemView(itemOf(card), { steps: 4 }) : heldAgainst(card, other, this.state));
    say(alone ? 'Alone' : `Beside ${shown(other.id)}`);
  }

  note() {
    const box = this.box?.querySelector('.noting');
    if (!box) return;
    box.hidden = false;
    const field = box.querySelector('input');
    field.focus();
    field.scrollIntoView({ block: 'nearest' });
    field.onkeydown = (event) => {
      if (event.isComposing || !['Enter', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === 'Enter') this.keepNote();
      this.box.focus({ preventScroll: true });
    };
  }

  // What a model must say of it from now on; the note says why.
  must() {
    const { card, k } = this.queue.current || {};
    if (!card || this.fields.on) return;
    if (!this.state.gallery) { say('This review has no gallery.'); return; }
    this.app.askMust(card, async (must) => {
      try {
        await post('/api/gallery', { actor: this.app.actor, k: card.k, content_hash: card.content_hash, must, reason: (this.drafts[k] ?? '').trim() });
        this.app.desk.remembered(card, must);
      } catch (error) {
        if (!('status' in error)) throw error;
        this.app.desk.remembered(card, must, error);
      }
    });
  }

  // A note on an item already decided says the same again, with the note.
  keepNote() {
    const entry = this.queue.current;
    const note = (this.drafts[entry.k] ?? '').trim();
    const { decided } = entry;
    if (!decided || decided.action === 'seen' || note === (decided.note || '') || !(entry.k in this.drafts)) { say('Note kept, it goes with the decision'); return; }
    this.draft('', entry.k);
    const label = decided.action === 'relabel' ? decided.label : null;
    this.app.desk.decide([{ card: entry.card, action: decided.action, label, note, settles: this.settle }]);
    entry.before = decided;
    entry.decided = { ...decided, note };
    this.render();
  }

  draft(words, k = this.queue.current.k) {
    if (words) this.drafts[k] = words;
    else delete this.drafts[k];
    tab.set(this.draftKey, this.drafts);
  }

  // undo and redo, as far as this screen shows them

  taken(deed) {
    if (['apart', 'fields'].includes(deed.what.action)) return; // shown anew once the server has it
    if (deed.what.n > 1) { this.queue.dry = false; this.queue.fill(); return; }
    const [k] = deed.ks;
    const entry = this.queue.seen.find((e) => e.k === k);
    if (entry) entry.decided = entry.before ?? null;
    this.queue.show(k);
  }

  again(deed) {
    if (['apart', 'fields'].includes(deed.what.action)) return;
    for (const entry of this.queue.seen.filter((e) => deed.ks.includes(e.k))) entry.decided = { action: deed.what.action, label: deed.what.action === 'confirm' ? entry.card?.label : deed.what.label };
    this.queue.next = this.queue.next.filter((c) => !deed.ks.includes(c.k));
    if (deed.ks.includes(this.queue.current?.k)) this.queue.advance();
    else this.render();
  }

  reveal(k) {
    const entry = this.queue.seen.find((e) => e.k === k);
    if (entry) { Object.assign(entry, { card: null, decided: null, said: null, whole: false }); }
    this.queue.show(k);
  }
}

const queued = (app) => (n, after) => get('/api/queue', { actor: app.actor, n, after: after.join(','), ...filtersNow() });

const disputed = (app) => async (n, after) => {
  const { items } = await get('/api/disagreements', { actor: app.actor });
  const open = items.filter((i) => !after.includes(i.k));
  const cards = await Promise.all(open.slice(0, n).map(async (i) => ({ ...(await get(`/api/item/${i.k}`, { actor: app.actor })), opinions: i.opinions })));
  return { cards, left: open.length };
};
