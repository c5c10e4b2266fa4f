// One item, large: what it is called, what is said of it, how it looks, and the keys that decide it.
import { act, name, percent } from './core.js';
import { whyAsked } from './fields.js';
import { $, count, h, middle, prose, sev, shown, text } from './dom.js';
import { worded } from './desk.js';
import { player } from './player.js';
import { beside, enlarge, itemOf } from './media.js';
import { compares, glanced, glimpse, itemView, pairView, plays } from './view.js';

const NARROW = matchMedia('(max-width: 720px)'); // there the player is pinned beside the keys
const [MEND, CONFIRM] = [Symbol('mend'), Symbol('confirm')];
const ACTS = [
  ['R', 'another label', 'other', 'Another label'],
  ['X', 'exclude', 'exclude', 'Exclude: not fit for use'],
  ['U', 'unsure', 'unsure', 'Unsure: cannot tell'],
  ['S', 'skip', 'skip', 'Skip: decide nothing'],
];

// The number keys of an item: opinions to choose from, suggestions, or else the classes themselves.
export function choicesOf(card, { state, settle }) {
  if (settle) {
    const found = new Map();
    for (const o of card.opinions) {
      if (o.action === 'skip') continue;
      const key = ['exclude', 'unsure'].includes(o.action) ? o.action : `=${o.label}`;
      if (!found.has(key)) found.set(key, { label: o.label, action: ['exclude', 'unsure'].includes(o.action) ? o.action : null, who: [] });
      found.get(key).who.push(o.actor);
    }
    return [...found.values()].filter((c) => c.action || c.label !== null).slice(0, 9);
  }
  const first = mendFirst(card, { blind: state.blind, settle }) ? [{ label: null, action: 'mend' }] : [];
  if (card.suggestions.length && !state.blind) return [...first, ...card.suggestions.map(({ label, p }) => ({ label, p }))].slice(0, 9);
  const all = state.classes;
  if (all.length <= 9) return all.map(({ name: label }) => ({ label }));
  const most = [...all].sort((a, b) => b.n - a.n).slice(0, 9).map((c) => c.name);
  return all.filter((c) => most.includes(c.name)).map(({ name: label }) => ({ label }));
}

// What is damaged and doubted may be doubted for the damage: it is mended first.
export const mendFirst = (card, { blind, settle }) => !blind && !settle && card.faults.length > 0 && card.suggested !== null;

export function article(entry, { state, settle, draft, on }) {
  const { card } = entry;
  const choices = choicesOf(card, { state, settle });
  const item = on.fields.past ? on.fields.mended(itemOf(card)) : itemOf(card);
  const against = !card.suggested && !glanced(item) && compares(item) && !item.failed ? card.set[0] : null;
  const view = against ? heldAgainst(card, against, state) : itemView(item, { steps: 4 });
  $('.words', view)?.setAttribute('tabindex', '0');
  if (glanced(item) && !item.failed) view.addEventListener('click', () => on.replay());
  const told = reasons(card);
  const others = told.filter((w) => !w.words.startsWith('[[')); // what is not said of single fields
  const box = h('article', { class: 'item', tabindex: '-1', 'data-k': card.k, 'aria-label': `Item ${shown(card.id)}` },
    head(card, { state, settle, on }), on.fields.on ? whyAsked(card, state.noun) : on.fields.before(), decided(entry, state.actor), settle || (entry.decided && card.opinions.length > 1) ? opinions(card) : null,
    on.fields.on && !others.length ? null : whys(card, card.fields ? others : told, state), h('div', { class: 'stage' }, view, NARROW.matches ? null : sound(item)), on.fields.on ? null : faults(card, told), note(entry, draft, on));
  const decide = on.fields.on ? on.fields.view() : h('div', { class: `decide${settle ? ' settling' : state.blind ? ' blindly' : ''}`, role: 'group', 'aria-label': 'Decide' }, NARROW.matches ? sound(item) : null, keys(card, choices, { state, settle, on }), acts(entry, { state, settle, on }));
  return { box, decide, choices, against, side: [around(card, state, on), typical(card, on), set(card, on)] };
}

// An item beside another one, and what differs.
export function heldAgainst(card, other, { blind }) {
  const words = (c) => [blind ? null : h('b', {}, name(c.label)), ' ', middle(c.id)];
  return pairView(itemOf(card), beside(other), { words: [words(card), words(other)] });
}

function head(card, { state, settle, on }) {
  const { suggested } = card;
  const small = [card.split ? h('bdi', {}, shown(card.split)) : null, card.group ? h('span', {}, 'group ', text(card.group)) : null,
    card.position?.of ? h('span', { class: 'nowrap' }, `${card.position.index} of ${card.position.of}`) : null].filter(Boolean);
  let title;
  if (on.fields.on) title = [h('span', { class: 'ask' }, card.fields.length ? `${count(card.fields.length)} value${card.fields.length === 1 ? '' : 's'} in doubt` : 'Is every value right?'), card.label === null ? null : h('small', {}, 'labelled ', name(card.label))];
  else if (state.blind) title = [h('span', { class: 'ask', dir: 'auto' }, state.question ? shown(state.question) : 'What is it?')];
  else if (settle) title = [h('span', { class: 'ask' }, 'Who is right?'), h('small', {}, 'given ', name(card.label))];
  else title = [name(card.label), suggested !== null ? [h('span', { class: 'arrow', 'aria-label': 'suggested' }, '→'), name(suggested)] : null,
    h('small', {}, suggested !== null ? 'given → suggested' : card.label === null ? '' : 'given'),
    card.given_label !== null && card.given_label !== undefined && card.given_label !== card.label ? h('small', {}, 'in the data ', name(card.given_label)) : null];
  return h('header', {}, h('p', { class: 'id' }, middle(card.id), h('span', { class: 'meta' }, small.flatMap((s, j) => (j ? [' · ', s] : [s])))), h('h1', { class: 'gt' }, title));
}

function decided({ decided: said, card }, me) {
  if (!said || ['seen', 'fields'].includes(said.action)) return null;
  return h('p', { class: 'decided' }, h('span', { 'aria-hidden': 'true' }, '✓ '), said.actor && said.actor !== me ? ['Decided by ', text(said.actor), ': '] : 'Decided: ', worded(said.action, said.label, card.label), said.note ? [' · ', text(said.note)] : null, h('span', { class: 'grey' }, ' · decide again to change it'));
}

function opinions(card) {
  const rows = card.opinions.map((o) => h('li', {}, h('b', {}, text(o.actor)), h('span', {}, worded(o.action, o.label, o.action === 'confirm' ? o.label : card.label)), o.note ? h('q', {}, text(o.note)) : null));
  return h('ul', { class: 'opinions', 'aria-label': 'What each person said' }, rows);
}

function sound(item) {
  if (!plays(item)) return null;
  const main = act('Space', 'Replay', () => player.toggle(item), { class: 'play' });
  const speed = act('F', '1×', () => player.faster(), { class: 'quiet speed', 'aria-label': 'Speed' });
  const quiet = h('span', { class: 'blocked', role: 'status' });
  player.follow(main, () => {
    main.lastChild.textContent = player.playing(item.k) ? 'Stop' : 'Replay';
    speed.lastChild.textContent = `${player.rate}×`;
    const words = player.blocked ? 'The browser stays silent until the first key or click.' : '';
    if (quiet.textContent !== words) quiet.textContent = words;
  });
  return h('div', { class: 'sounds' }, main, speed, quiet);
}

// Why it came up, and what is wrong with its label, in full; other faults are tags below the view.
function reasons(card) {
  const fault = new Set(card.faults.map((f) => f.code));
  return card.why.filter((w, j) => w.message && (j === 0 || !fault.has(w.code))).slice(0, 3);
}

function faults(card, told) {
  const left = card.faults.filter((f) => !told.some((w) => w.code === f.code && w.message === f.message));
  if (!left.length) return null;
  return h('ul', { class: 'faults', 'aria-label': 'Faults found in it' }, left.map((f) => h('li', { class: 'tag', title: shown(f.message) }, h('b', {}, f.name), ' ', h('span', {}, prose(f.message)))));
}

function whys(card, said, state) {
  if (!said.length) return state.blind || card.faults.length ? null : h('p', { class: 'grey small' }, 'No finding: you looked it up, or its turn came at random.');
  const box = h('ul', { class: 'whys', 'aria-label': 'Why it is here', onclick: () => box.classList.toggle('open') }, said.map((w) => h('li', {}, sev(w.severity), h('span', {}, prose(w.message), ' ', h('span', { class: 'tag' }, w.name)))));
  return box;
}

function note(entry, draft, on) {
  const field = h('input', { type: 'text', class: 'note', 'aria-label': 'Note on this item', placeholder: 'note, kept with the decision', maxlength: 2000, autocomplete: 'off', dir: 'auto', oninput: () => on.draft(field.value) });
  field.value = draft;
  return h('div', { class: 'noting', hidden: !draft }, field, h('span', { class: 'grey small keyed' }, h('kbd', {}, 'Enter'), ' keep'));
}

function keys(card, choices, { state, settle, on }) {
  const main = primary(card, { state, settle });
  const plain = choices.filter((c) => c.label !== card.label || state.blind);
  return h('div', { class: 'choices' }, choices.map((c, j) => {
    const given = !state.blind && !c.action && c.label === card.label;
    const word = c.action ? { exclude: 'exclude', unsure: 'unsure', mend: 'repair first' }[c.action] : null;
    return h('button', { type: 'button', class: `choice${given ? ' given' : ''}${main === c.label && !c.action ? ' top' : ''}${plain.indexOf(c) > 1 && c.p !== undefined ? ' minor' : ''}`, 'aria-keyshortcuts': j + 1, onclick: () => on.choose(j),
      'aria-label': `${word || shown(c.label)}${c.p === undefined ? '' : `, ${percent(c.p)}`}${given ? ', the given label' : ''}${c.who ? `, said by ${c.who.map(shown).join(', ')}` : ''}` },
    h('kbd', {}, j + 1), h('bdi', { class: `label${(word || c.label).length > 9 ? ' long' : ''}`, title: word ? null : shown(c.label) }, word || breakable(c.label)),
    c.p === undefined && !given && !c.who ? null : h('span', { class: 'under' }, c.p === undefined ? null : h('span', { class: 'p' }, percent(c.p)), given ? h('span', { class: 'tag' }, 'given') : null,
      c.who ? h('span', { class: 'who' }, c.who.map((w, n) => [n ? ', ' : '', text(w)])) : null),
    c.p === undefined ? null : h('i', { class: 'bar', style: { width: `${100 * c.p}%` } }));
  }), !settle && !state.blind && !card.suggestions.length && choices.length ? h('p', { class: 'grey small wide' }, `The model says nothing of this item: these are the ${choices.length < state.classes.length ? 'most frequent classes' : 'classes'}.`) : null);
}

// A name may be broken after its underscores.
const breakable = (label) => shown(label).split(/(?<=_)/).flatMap((part, j) => (j ? [h('wbr'), part] : [part]));

// Whether the suggestion is more likely than all other labels together.
export const likely = (card) => card.suggested !== null && (card.suggestions.find((s) => s.label === card.suggested)?.p ?? 0) > 0.5;

// The one button that stands out: mend, the suggestion where it is likely, else the given label.
function primary(card, { state, settle }) {
  if (state.blind || settle) return null;
  if (mendFirst(card, { blind: state.blind, settle })) return MEND;
  return likely(card) ? card.suggested : CONFIRM;
}

function acts(entry, { state, settle, on }) {
  const { card } = entry;
  const main = primary(card, { state, settle });
  const mend = main === MEND ? act('P', ['repair first: ', card.faults.map((f) => f.name).join(', ')], () => on.mend(), { class: 'mend', title: 'The label waits until this is mended; the note says why' }) : null;
  const past = Boolean(entry.decided);
  const confirm = state.blind || settle ? null : act('C', card.label === null ? 'no label to confirm' : ['confirm ', name(card.label)], () => on.confirm(), { class: main === CONFIRM ? 'confirm' : 'confirm plainly', disabled: card.label === null });
  return h('div', { class: 'acts' }, mend, confirm,
    ACTS.map(([key, label, what, title]) => act(key, what === 'skip' && past ? 'leave as it is' : label, () => on[what](), { class: what, title })),
    act('N', 'note', () => on.note(), { class: 'quiet noter' }),
    state.gallery ? act('M', 'must', () => on.must(), { class: 'quiet noter', title: 'Into the gallery: what a model must say of it' }) : null);
}

// What lies near: a click plays one, shows it beside the item, or goes to it.
const near = (list, card, state, { keyed = false, own = card.label, on } = {}) => {
  const seen = glanced(itemOf(card));
  const held = !seen && compares(itemOf(card));
  return h('ul', { class: seen ? 'seen' : held ? 'wordy' : null }, list.map((j, n) => {
    const item = beside(j);
    const go = () => document.dispatchEvent(new CustomEvent('showitem', { detail: j.k }));
    return one(j, j.label ?? null, j.similarity ?? null, { item, seen, blind: state.blind, other: !state.blind && own !== undefined && (j.label ?? null) !== own, prefix: keyed && n < 9 ? n + 1 : 0, onclick: () => (plays(item) ? player.toggle(item) : seen ? enlarge(list, n, { card, blind: state.blind }) : held ? on.compare(j) : go()), ondblclick: go });
  }));
};

const one = (j, label, similarity, { item, seen, blind, other, prefix, onclick, ondblclick }) => h('li', {}, h('button', {
  type: 'button', class: other ? 'other' : '', title: shown(j.id), 'data-play': j.k, onclick, ondblclick,
  'aria-keyshortcuts': prefix ? `Shift+${prefix}` : null,
  'aria-label': `${plays(item) ? 'Play' : 'Open'} ${shown(j.id)}${blind ? '' : `, labelled ${label === null ? 'nothing' : shown(label)}`}`,
}, prefix ? h('kbd', { 'aria-hidden': 'true' }, `⇧${prefix}`) : null, seen ? h('img', { alt: '', src: item.thumbnail, loading: 'lazy' }) : glimpse(item),
blind ? middle(j.id) : label === null ? h('span', { class: 'grey' }, 'no label') : h('bdi', { class: 'l' }, shown(label)),
similarity === null ? null : h('span', { class: 'grey sim' }, percent(similarity))));

function around(card, state, on) {
  if (!card.neighbours.length) return null;
  return h('section', { class: 'near' }, h('h2', {}, state.blind ? `Nearest ${state.noun[1]}` : `Nearest ${state.noun[1]}, by their labels`),
    near(card.neighbours.slice(0, 10), card, state, { keyed: true, on }));
}

function typical(card, on) {
  if (!card.typical.length && !card.terms.length) return null;
  return h('section', { class: 'near' }, h('h2', {}, 'Typical of ', text(card.suggested)), card.terms.length ? h('p', { class: 'grey small terms' }, card.terms.map((term) => h('bdi', {}, shown(term)))) : null, near(card.typical, card, { blind: false }, { own: card.suggested, on }));
}

function set(card, on) {
  if (card.apart) return h('section', { class: 'near' }, h('p', { class: 'decided' }, h('span', { 'aria-hidden': 'true' }, '✓ '), 'Decided: no copies'));
  if (!card.set.length) return null;
  const state = { blind: card.label === null && card.set.every((j) => j.label === null) };
  return h('section', { class: 'near' }, h('h2', {}, 'The same content again'), near(card.set.slice(0, 12), card, state, { on }),
    act('A', card.set.length > 1 ? 'no two of them are copies' : 'the two are no copies', () => on.apart(), { class: 'quiet apart', title: 'Apart: no later audit puts them into one set of copies' }));
}
