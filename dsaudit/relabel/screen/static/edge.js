// What is quiet at the edge: progress, modes, people, filters, the undo line, and a server that is away.
import { act, address, percent, span } from './core.js';
import { stated as statedFields } from './fields.js';
import { $, count, h, prose, sev, shown, text } from './dom.js';

const FILTERS = ['rule', 'class', 'pair', 'split', 'group', 'q', 'order'];
export const filtersNow = () => Object.fromEntries(Object.entries(address.read()).filter(([key]) => FILTERS.includes(key)));

const fixed = (value, digits = 0) => Number(value).toFixed(digits);

export function progress(state, pending) {
  const { queue } = state;
  const waiting = Math.min(pending, queue.left);
  const [done, left] = [queue.done + waiting, queue.left - waiting];
  const all = done + left;
  $('#thin').style.width = `${all ? (100 * done) / all : 100}%`;
  $('#line').setAttribute('aria-valuenow', all ? Math.round((100 * done) / all) : 100);
  const parts = [h('b', {}, `${count(left)} left`)];
  if (state.rate_per_hour) parts.push(`${count(Math.round(state.rate_per_hour))} an hour`);
  if (state.seconds_left && left) parts.push(span((state.seconds_left * left) / Math.max(1, queue.left)));
  const e = state.opening || state.statement?.n_left ? null : state.expected_errors; // one figure of what is wrong, not two
  if (e && left) parts.push(h('span', { title: 'How many of those left people will relabel or exclude, as far as their kind was reviewed, with its 95 % interval' }, `expect ${fixed(e.left)} wrong `, h('span', { class: 'grey long' }, `(${fixed(e.low)}–${fixed(e.high)})`)));
  $('#progress').replaceChildren(...parts.flatMap((p, j) => (j ? [h('span', { class: 'dot' }, ' · '), p] : [p])));
  $('#statement').replaceChildren(...(state.opening ? opened(state.opening) : stated(state.statement)), ...statedFields(state.fields));
  const { agreement: a } = state;
  $('#agreement').replaceChildren(...(a && a.n_people > 1 && a.n_items ? [h('span', { title: `Krippendorff’s alpha ${a.alpha === null ? '–' : fixed(a.alpha, 2)}${a.low === null || a.low === undefined ? '' : `, 95 % interval ${fixed(a.low, 2)}–${fixed(a.high, 2)}`}, on ${count(a.n_items)} shared items` },
    `${a.n_people} people agree on ${fixed(a.percent)}\u00a0%`, a.kappa === null || a.kappa === undefined ? '' : h('span', { class: 'grey' }, ` κ ${fixed(a.kappa, 2)}`))] : []));
}

// The report's own words, until verdicts say otherwise.
const opened = ([said, more]) => [h('b', {}, prose(said)), more ? ['. ', prose(more)] : '', '.'].flat();

// What is expected after verdicts, in a sentence; the server makes it anew every 20 of them.
const give = ({ value, low, high }) => [Math.round(value), Math.round(low), Math.round(high)].map(count);
export function stated(s) {
  if (!s || !s.n_left) return [];
  const [n, low, high] = give(s.left);
  const labels = `${count(s.n_left)} label${s.n_left === 1 ? '' : 's'}`;
  const opening = s.n_heard ? `After ${count(s.n_heard)} verdict${s.n_heard === 1 ? '' : 's'}: of the ${labels} left to review, expect ` : `Review these ${labels}: expect `;
  const parts = [opening, h('b', {}, `${n} to be wrong`), ` (${percent(s.left.value / s.n_left)}; 95\u00a0% ${low}–${high})`];
  if (s.in_set) {
    const [all, least, most] = give(s.in_set);
    parts.push(h('span', { class: 'whole' }, '. In the whole set about ', h('b', {}, `${all} wrong label${all === '1' ? '' : 's'}`), ` (95\u00a0% ${least}–${most})`));
  }
  return [...parts, '.'];
}

export function modes(state, mode, go) {
  const button = (key, label, what) => act(key, label, () => go(mode === what ? 'single' : what), { 'aria-pressed': String(mode === what), class: 'quiet' });
  const others = state.people.filter((p) => p.name !== state.actor && p.n);
  $('#modes').replaceChildren(...[
    state.classes.length ? button('G', 'Grid', 'grid') : null,
    state.n_disagreements || mode === 'settle' ? button('D', `Disagreements ${count(state.n_disagreements)}`, 'settle') : null,
    act('J', 'Jump', () => go('jump'), { class: 'quiet' }),
    act('?', 'Help', () => go('help'), { class: 'quiet' }),
    state.report && (!state.blind || ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname)) ? h('a', { href: '/report', class: 'quiet' }, 'Report') : null,
  ].filter(Boolean));
  $('#who').replaceChildren(h('button', { type: 'button', class: 'plain', title: others.length ? `Also: ${others.map((p) => `${shown(p.name)} (${p.n})`).join(', ')}` : 'Change the name', onclick: () => go('name') }, text(state.actor)), state.blind ? h('span', { class: 'tag' }, 'blind') : '');
  $('#set').replaceChildren(text(state.run.dataset));
}

// Whole classes that stand for others: one decision puts all of their items right, one undo takes it back.
export function remaps(state, on) {
  const box = $('#remaps');
  const words = JSON.stringify(state.remaps || []);
  if (box.dataset.words === words) return;
  box.dataset.words = words;
  box.hidden = !state.remaps?.length;
  box.replaceChildren(...(state.remaps || []).map((one) => h('p', {}, sev('error'), ' ', prose(one.text), '. ',
    act('', `Put ${one.n === 1 ? 'it' : `all ${count(one.n)}`} right`, () => on.put(one), { class: 'confirm' }), ' ',
    h('button', { type: 'button', class: 'plain', onclick: () => { address.write({ rule: one.rule, item: null }); on.changed(); } }, 'look at them first'))));
}

// Filters: their state is the address, so that a link points at a part of the work.
export function filters(state, changed) {
  const now = filtersNow();
  const set = (key) => (event) => { address.write({ [key]: event.target.value.trim(), item: null }); changed(); };
  const select = (key, label, options) => h('label', {}, h('span', {}, label), h('select', { 'data-filter': key, onchange: set(key) }, options.map(([value, words]) => {
    const option = h('option', { value }, words);
    option.selected = value === (now[key] || '');
    return option;
  })));
  const search = (key, label, placeholder) => {
    const input = h('input', { type: 'search', 'data-filter': key, placeholder, autocomplete: 'off', onchange: set(key), dir: 'auto' });
    input.value = now[key] || '';
    return h('label', {}, h('span', {}, label), input);
  };
  const any = Object.keys(now).filter((k) => k !== 'order').length;
  const box = h('details', { class: 'filters', open: any > 0 || $('details.filters')?.open },
    h('summary', {}, 'Filter', any ? h('span', { class: 'tag' }, `${any} on`) : null),
    state.rules.length ? select('rule', 'found by', [['', 'every check'], ...state.rules.map((r) => [r.code, `${r.name} (${count(r.n)})`])]) : null,
    state.blind ? null : select('class', 'given label', [['', 'every class'], ...state.classes.map((c) => [c.name, `${shown(c.name)} (${count(c.n)})`])]),
    state.blind ? null : search('pair', 'confused pair', 'given:suggested'),
    state.splits.length > 1 ? select('split', 'split', [['', 'every split'], ...state.splits.map((s) => [s, shown(s)])]) : null,
    search('q', 'in the name', 'text'),
    select('order', 'order', [['', 'most worth it first'], ['random', 'random']]),
    any ? h('button', { type: 'button', class: 'plain', onclick: () => { clearFilters(); changed(); } }, 'Clear the filters') : null);
  return box;
}

export const clearFilters = () => address.write(Object.fromEntries([...FILTERS, 'item'].map((k) => [k, null])));

export function undoLine(desk, state, on, { back = true } = {}) {
  const some = desk.done.length || state?.can_undo;
  const again = desk.undone.length || state?.can_redo;
  $('#foot').replaceChildren(...[
    back ? act('←', 'Back', on.back, { class: 'quiet backer', 'aria-label': 'Back to the item before' }) : null,
    h('span', { class: 'grow' }, desk.line || (some ? h('span', { class: 'grey' }, 'Decisions are kept as you make them.') : h('span', { class: 'grey' }, 'Nothing decided yet in this window.'))),
    act('Z', 'Undo', on.undo, { disabled: !some, class: 'undo' }),
    again ? act('⇧Z', 'Redo', on.redo, { class: 'redo' }) : null,
  ].filter(Boolean));
}

export function banner(outbox, reach, on) {
  const box = $('#banner');
  const waiting = outbox.pending.length;
  const error = outbox.error || reach;
  const refused = outbox.refused;
  box.hidden = !error && !refused.length;
  $('#sending').textContent = waiting && !error ? '…' : '';
  if (box.hidden) { box.replaceChildren(); return; }
  const lines = [];
  if (error) {
    const known = [401, 403].includes(error.status);
    lines.push(h('p', {}, h('b', {}, known ? 'The server does not let this browser in. ' : `${error.message}. `), error.hint ? `${error.hint}${error.hint.endsWith('?') ? '' : '.'} ` : '',
      waiting ? `${count(waiting)} ${waiting === 1 ? 'decision is' : 'decisions are'} kept in this browser and will be sent, in order, when it answers. ` : 'Nothing is lost. ',
      outbox.safe ? '' : 'Leave this page open: the browser does not allow it to keep anything. ', known ? 'Open the whole address again, with its token. ' : '',
      h('button', { type: 'button', class: 'plain', onclick: on.retry }, 'Try now')));
  }
  if (refused.length) {
    const last = refused.filter((r) => r.error).at(-1) || refused.at(-1);
    lines.push(h('p', {}, h('b', {}, `${count(refused.length)} not stored: `), shown(last.error || 'it followed a decision that was refused'), last.hint ? ` (${shown(last.hint)})` : '', ' ',
      last.ks?.length ? h('button', { type: 'button', class: 'plain', onclick: () => on.show(last.ks[0]) }, 'Show the item') : '', ' ',
      h('button', { type: 'button', class: 'plain', onclick: on.again }, 'Send again'), ' ',
      h('button', { type: 'button', class: 'plain', onclick: () => outbox.forgive() }, 'Dismiss')));
  }
  const words = lines.map((l) => l.textContent).join('|');
  if (box.dataset.words !== words) { box.dataset.words = words; box.replaceChildren(...lines); }
}

// Nothing left: what was found, and what nobody looked at.
export function emptyState(state, on, { settle = false } = {}) {
  const any = Object.keys(filtersNow()).filter((k) => k !== 'order').length > 0;
  const { found: f, queue } = state;
  const heard = f.confirm + f.relabel + f.exclude + f.unsure;
  if (settle) return h('article', { class: 'item empty', tabindex: '-1' }, h('h1', {}, 'Nobody disagrees'), h('p', {}, 'Every item that several people decided has one answer.'), act('D', 'Back to the queue', () => on.mode('single')));
  const rest = state.n_items - queue.n;
  return h('article', { class: 'item empty', tabindex: '-1' },
    h('h1', {}, any ? 'Nothing left under this filter' : 'Nothing left to decide'),
    heard ? h('p', {}, 'Found so far: ', h('b', {}, `${count(f.relabel)} relabelled`), `, ${count(f.confirm)} confirmed, ${count(f.exclude)} excluded, ${count(f.unsure)} unsure.`) : any ? null : h('p', {}, 'Nothing was suspect. That is good news.'),
    any ? act('', 'Clear the filters', () => on.clear(), { class: 'confirm' }) : null,
    h('h2', {}, 'Not looked at'),
    h('ul', {}, rest > 0 ? h('li', {}, `${count(rest)} of ${count(state.n_items)} ${state.noun[1]}: no check suspected them, or the budget ended before them.`) : null,
      queue.budget ? h('li', {}, `The budget of ${count(queue.budget)} was set at the start.`) : null,
      any && queue.left ? h('li', {}, `${count(queue.left)} are left without the filter.`) : null,
      f.unsure ? h('li', {}, `${count(f.unsure)} ${f.unsure === 1 ? 'was' : 'were'} looked at and nobody could tell.`) : null,
      state.n_disagreements ? h('li', {}, `${count(state.n_disagreements)} have several answers: `, h('button', { type: 'button', class: 'plain', onclick: () => on.mode('settle') }, 'settle them'), '.') : null),
    h('p', { class: 'grey' }, 'A look at random items finds what no check knows: ', h('button', { type: 'button', class: 'plain', onclick: on.random }, 'jump to a random item'), '.'));
}

