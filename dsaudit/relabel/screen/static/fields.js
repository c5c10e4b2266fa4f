// The named fields of an item, such as the cells of a row: which are in doubt, and the keys that decide them one by one
// or, where many values are to be mended in the same way, all at once.
import { act, percent } from './core.js';
import { count, h, say, shown, text } from './dom.js';

const NOTHING = () => h('span', { class: 'grey' }, 'nothing');
const held = (value) => (value === null || value === undefined || value === '' ? NOTHING() : h('bdi', { class: 'v' }, shown(value)));
const plain = (value) => (value === null || value === undefined || value === '' ? 'nothing' : shown(value));

// Whether the fields are what is to be decided of it: a doubtful label comes after them.
export const ofFields = (entry) => Boolean(entry.card.fields && (entry.card.fields.length || entry.card.asked || entry.card.label === null) && !(asksLabel(entry) && looked(entry)));

const asksLabel = ({ card, decided }) => card.label_asked && !['confirm', 'relabel', 'exclude', 'unsure'].includes(decided?.action);
const looked = ({ card, said, whole }) => whole || (!card.look_whole && card.fields.every((d) => said?.[d.field] ?? d.decided));

export class FieldDesk {
  constructor(single) {
    this.single = single;
    this.app = single.app;
  }

  get entry() { return this.single.queue.current; }

  get on() { return Boolean(this.entry?.card) && !this.single.settle && ofFields(this.entry); }

  get doubts() { return this.entry.card.fields; }

  said(doubt) { return this.entry.said?.[doubt.field] ?? doubt.decided; }

  get left() { return this.doubts.filter((d) => !this.said(d)); }

  get at() {
    const { entry } = this;
    if (!(entry.at >= 0 && entry.at < this.doubts.length)) entry.at = Math.max(0, this.doubts.findIndex((d) => !this.said(d)));
    return this.doubts[entry.at];
  }

  move(by) {
    if (!this.on || !this.doubts.length) return;
    this.choose((this.doubts.indexOf(this.at) + by + this.doubts.length) % this.doubts.length);
  }

  choose(j) {
    if (!this.doubts[j]) return;
    this.entry.at = j;
    this.typing = false;
    this.single.redraw();
  }

  // Enter: what is proposed, or where nothing is left in doubt, all the rest.
  take() {
    const doubt = this.at;
    if (!doubt || !this.left.length) { this.rest(); return; }
    if (this.said(doubt)) { this.choose(this.doubts.indexOf(this.left[0])); return; }
    if (doubt.repair === null) { this.type(); return; }
    this.decide(doubt, 'correct', doubt.repair);
  }

  keep() { if (this.at) this.decide(this.at, 'keep', this.at.value); }

  type() {
    if (!this.at) return;
    this.typing = true;
    this.single.redraw();
    const field = this.single.box.parentElement.querySelector('.fielding input');
    field.focus();
    field.select();
  }

  typed(value) {
    this.typing = false;
    this.decide(this.at, value === (this.at.value ?? '') ? 'keep' : 'correct', value);
  }

  // All values that the same repair is proposed for.
  all() {
    const doubt = this.at;
    if (!doubt?.alike || this.said(doubt)) { say('No other value is to be mended in this way.'); return; }
    this.decide(doubt, 'correct', doubt.repair, { n: doubt.alike.n });
  }

  decide(doubt, action, value, { n = 1 } = {}) {
    const { entry } = this;
    entry.said = { ...entry.said, [doubt.field]: { action, value } };
    const last = !this.left.length && !entry.card.look_whole;
    const words = action === 'keep' ? `${doubt.field}: ${plain(doubt.value)} is right` : n > 1 ? `${doubt.field}: ${doubt.alike.words}` : `${doubt.field}: ${plain(doubt.value)} → ${plain(value)}`;
    this.send([{ field: doubt.field, action, value: value === '' ? null : value }], { words, n, last });
    if (last) { this.done(); return; }
    entry.at = this.left.length ? this.doubts.indexOf(this.left[0]) : this.doubts.indexOf(doubt);
    this.single.redraw();
    const next = this.left[0];
    say(next ? `Next: ${next.field}, ${plain(next.value)}${next.repair === null ? '' : `, probably ${plain(next.repair)}`}` : 'Nothing else is in doubt: Enter, if the rest is right.');
  }

  rest() {
    const words = 'every other value is right';
    this.send([], { words, n: 1, last: true, rest: true });
    this.done();
  }

  send(fields, { words, n, last, rest = false }) {
    const { entry } = this;
    const note = (this.single.drafts[entry.k] ?? '').trim();
    if (note) this.single.draft('', entry.k);
    this.app.desk.fields({ card: entry.card, fields, alike: n > 1, rest, note, words, n, ks: last && !asksLabel(entry) ? [entry.k] : [] });
  }

  done() {
    const { entry } = this;
    if (asksLabel(entry)) {
      entry.whole = true;
      this.single.redraw();
      this.single.announce(entry);
      return;
    }
    entry.decided = { action: 'fields' };
    this.single.queue.advance();
  }

  // Whether its label is what is left to decide, after fields that were in doubt.
  get past() { return !this.on && !this.single.settle && this.entry.card.label_asked && Boolean(this.entry.card.fields?.length); }

  // The item as it is drawn then: what was decided stands in it, and nothing else is doubted.
  mended(item) {
    const words = this.doubts.filter((d) => this.said(d)?.action === 'correct').map((d) => [d.field, d.value, this.said(d).value ?? '', 1, 1, d.kind]);
    return { ...item, said: words.length ? [{ rule: '', words: JSON.stringify(words) }] : [] };
  }

  // Above that label: what was said of the fields.
  before() {
    if (!this.past) return null;
    const mended = this.doubts.filter((d) => this.said(d)?.action === 'correct');
    const one = (d) => [h('b', {}, text(d.field)), ' ', held(d.value), h('span', { class: 'into' }, ' → '), held(this.said(d).value)];
    return h('p', { class: 'decided' }, h('span', { 'aria-hidden': 'true' }, '✓ '), mended.length ? mended.map((d, j) => [j ? ', ' : '', one(d)]) : 'Every value is right', h('span', { class: 'grey' }, mended.length ? '. What is said of the label was told from the values as they were.' : '. Now the label.'));
  }

  // What is drawn: the fields in doubt, and the keys of the one that is chosen.
  view() {
    const { entry } = this;
    const now = this.at;
    const lines = this.doubts.map((doubt, j) => this.line(doubt, j, doubt === now));
    const open = now && !this.said(now);
    return h('div', { class: 'decide fielding', role: 'group', 'aria-label': 'Decide' },
      lines.length ? h('ol', { class: 'doubts', 'aria-label': 'Values in doubt' }, lines) : h('p', { class: 'grey' }, entry.card.judged ? 'Nothing in it is in doubt. If it is right, say so: that teaches, too.' : 'Its values were not judged. Exclude it, unless it is right as it stands.'),
      this.typing ? this.field(now) : null,
      now && open && now.why ? h('p', { class: 'grey small why' }, h('b', {}, text(now.field)), ' ', shown(now.why)) : null,
      h('div', { class: 'acts' },
        this.left.length && open ? (now.repair === null ? act('Enter', 'type the right value', () => this.type(), { class: 'confirm' }) : act('Enter', ['take ', held(now.repair)], () => this.take(), { class: 'confirm' }))
          : act('Enter', lines.length ? 'the rest is right' : 'every value is right', () => this.take(), { class: 'confirm' }),
        open && now.alike ? act('W', [h('b', {}, `all ${count(now.alike.n)}`), ': ', h('bdi', {}, shown(now.alike.words))], () => this.all(), { class: 'whole' }) : null,
        now ? act('C', open ? 'right as it is' : 'rather right as it is', () => this.keep()) : null,
        now ? act('R', 'another value', () => this.type()) : null,
        act('X', 'exclude', () => this.single.exclude(), { class: 'exclude', title: 'Exclude: not fit for use' }),
        act('S', 'skip', () => this.single.skip(), { class: 'skip', title: 'Skip: decide nothing' }),
        act('N', 'note', () => this.single.note(), { class: 'quiet noter' })));
  }

  line(doubt, j, here) {
    const said = this.said(doubt);
    const other = said?.actor && said.actor !== this.app.actor ? [' by ', text(said.actor)] : null;
    const into = said ? (said.action === 'keep' ? [h('span', { class: 'ok' }, '✓ right as it is'), other] : [h('span', { class: 'into' }, '→'), ' ', h('b', {}, held(said.value)), h('span', { class: 'ok' }, ' ✓'), other])
      : doubt.repair === null ? [h('span', { class: 'grey' }, `probably wrong, ${percent(doubt.p_wrong)}`)]
        : [h('span', { class: 'into' }, '→'), ' ', h('b', {}, held(doubt.repair)), ' ', h('span', { class: 'grey' }, percent(doubt.p_repair))];
    return h('li', {}, h('button', { type: 'button', class: `doubted${here ? ' here' : ''}${said ? ' said' : ''}`, 'aria-current': here ? 'true' : null, 'aria-keyshortcuts': j < 9 ? j + 1 : null, onclick: () => this.choose(j) },
      j < 9 ? h('kbd', { 'aria-hidden': 'true' }, j + 1) : null, h('bdi', { class: 'f' }, shown(doubt.field)), h('span', { class: 'w' }, h('span', { class: said && said.action !== 'keep' ? 'was' : '' }, held(doubt.value)), ' ', into)));
  }

  field(doubt) {
    const input = h('input', { type: 'text', class: 'note', 'aria-label': `Right value of ${shown(doubt.field)}`, placeholder: 'the right value; empty for none', autocomplete: 'off', dir: 'auto', spellcheck: 'false' });
    input.value = this.said(doubt)?.value ?? doubt.repair ?? doubt.value ?? '';
    input.onkeydown = (event) => {
      if (event.isComposing || !['Enter', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === 'Enter') this.typed(input.value);
      else { this.typing = false; this.single.redraw(); }
      this.single.box?.focus({ preventScroll: true });
    };
    return h('div', { class: 'typing' }, h('label', {}, text(doubt.field), input), h('button', { type: 'button', class: 'confirm touch', onclick: () => this.typed(input.value) }, 'Keep'));
  }
}

// Above the item, where it is one of those that are asked for first.
export function whyAsked({ asked }, noun) {
  if (!asked) return null;
  const tells = asked.n > 1 ? [' What you say of ', text(asked.field), ' here tells of ', h('b', {}, count(asked.n)), ' values like it.'] : null;
  return h('p', { class: 'asked' }, h('b', {}, `${asked.index} of ${asked.of}`), ` ${noun[1]} that teach most.`, tells, ' Look at every value.');
}

// What is left, in a sentence.
export function stated(f) {
  if (!f || (!f.n_left && !f.n_asked_left)) return [];
  const values = `${count(f.n_left)} value${f.n_left === 1 ? '' : 's'}`;
  return [' ', f.n_looked_at ? `After ${count(f.n_looked_at)} looked at whole: of the ${values} left in doubt, expect ` : `Of the ${values} in doubt, expect `, h('b', {}, `${count(Math.round(f.expected))} to be wrong`), f.n_asked_left ? `; ${count(f.n_asked_left)} are asked for first, because they teach most of the others.` : '.'];
}
