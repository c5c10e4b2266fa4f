// A row as a table of names and values, with the doubted cells marked and what probably belongs there; and two rows,
// cell by cell. The text of a row is written by `row.shown`, the doubted cells by `survey.survey`.
import { h, shown } from './dom.js';

const WHOLE = matchMedia('(max-width: 520px)').matches ? 12 : 24; // columns that a row may have before it is folded
const HEAD = 8; // left to read of a folded row, besides what is marked
const FEW = 5; // columns where there is little room
const LONG = 280; // characters of a value before it is folded

const KINDS = {
  spelling: 'misspelt', variant: 'another spelling', form: 'another form', 'number form': 'number in another form', 'date form': 'date in another form',
  decoding: 'broken letters', spreadsheet: 'spoilt by a spreadsheet', number: 'out of range', unlikely: 'unlikely here', dependency: 'contradicted',
  exchanged: 'of another column', shifted: 'of another column', order: 'out of order', key: 'not unique',
};

export const page = {
  mime: 'text/',
  tiles: 18,
  note: 'Cells marked in orange are probably wrong: what stands there, what probably belongs there, and how likely that is. Of two rows, the cells that differ come first.',

  view(item, { small }) {
    const view = h('div', { class: `view record${small ? ' small' : ''}` });
    Promise.resolve(item.words()).then((words) => view.replaceChildren(...(small ? glance : whole)(cellsOf(words), doubtsOf(item))));
    return view;
  },

  pair(a, b, { words }) {
    const view = h('div', { class: 'view record' });
    Promise.all([a, b].map((item) => item.words())).then((texts) => view.replaceChildren(...both(texts.map(cellsOf), [a, b].map(doubtsOf), words)));
    return view;
  },
};

// Names and values; null where a value is missing.
function cellsOf(text) {
  return text.split(/\n(?!\t)/).filter(Boolean).map((line) => {
    const at = line.indexOf(': ');
    return at < 0 ? [line.replace(/:$/, ''), null] : [line.slice(0, at), line.slice(at + 2).replaceAll('\n\t', '\n')];
  });
}

// The doubted cells by name of column, of each the likeliest to be wrong.
function doubtsOf(item) {
  const found = new Map();
  for (const { words } of item.said ?? []) {
    if (!words.startsWith('[[')) continue;
    for (const [name, value, repair, wrong, right, kind] of JSON.parse(words)) {
      if (!(found.get(name)?.wrong >= wrong)) found.set(name, { value, repair, wrong, right, kind });
    }
  }
  return found;
}

function whole(cells, doubts) {
  const kept = cells.filter(([name], j) => cells.length <= WHOLE || j < HEAD || doubts.has(name));
  const table = (some) => h('table', {}, h('tbody', {}, some.map(([name, value]) => line(name, value, doubts.get(name)))));
  if (kept.length === cells.length) return [table(cells)];
  const hidden = cells.length - kept.length;
  const short = table(kept);
  const more = h('button', { type: 'button', class: 'plain fold', onclick: (event) => { event.stopPropagation(); short.replaceWith(table(cells)); more.remove(); } }, `${count(hidden, 'more column')}`);
  return [short, more];
}

// What is doubted first: there is room for no more.
function glance(cells, doubts) {
  const order = [...cells.filter(([name]) => doubts.has(name)), ...cells.filter(([name, value]) => !doubts.has(name) && value !== null)].slice(0, FEW);
  const rest = cells.length - order.length;
  return [h('table', {}, h('tbody', {}, order.map(([name, value]) => line(name, value, doubts.get(name), { cut: 60 })))), rest ? h('p', { class: 'grey rest' }, count(rest, 'more column')) : null].filter(Boolean);
}

function line(name, value, doubt, { cut = 0 } = {}) {
  const head = h('th', { scope: 'row' }, h('bdi', { title: shown(name) }, shown(name)));
  if (!doubt) return h('tr', {}, head, h('td', {}, valueView(value, cut)));
  return h('tr', { class: 'doubt' }, head, h('td', {}, doubted(value, doubt, cut)));
}

function doubted(value, { repair, wrong, right, kind }, cut) {
  const told = repair !== null && repair !== undefined;
  const [was, is] = told && value !== null && repair ? differing(value, repair) : [null, null];
  const parts = [h('span', { class: 'was' }, was && !cut ? marked(value, was) : valueView(value, cut))];
  if (told) {
    parts.push(h('span', { class: 'into', role: 'img', 'aria-label': 'probably' }, ' → '), h('b', { class: 'is' }, is && !cut ? marked(repair, is) : valueView(repair || null, cut)), ' ', h('span', { class: 'p' }, percent(right)));
  } else parts.push(' ', h('span', { class: 'p' }, `probably wrong, ${percent(wrong)}`));
  if (!cut) parts.push(' ', h('span', { class: 'tag' }, KINDS[kind] ?? kind));
  return parts;
}

function valueView(value, cut = 0) {
  if (value === null) return h('span', { class: 'none' }, 'missing');
  const text = value.split('\n').map(shown).join('\n');
  const room = cut || LONG;
  if (text.length <= room + 20) return h('bdi', {}, text);
  const box = h('bdi', {}, `${text.slice(0, room)} …`);
  if (cut) return box;
  const more = h('button', { type: 'button', class: 'plain fold', onclick: (event) => { event.stopPropagation(); box.textContent = text; more.remove(); } }, count(text.length - room, 'more character'));
  return h('span', {}, box, ' ', more);
}

// Of two texts where they differ, as [start, end] for each: sign by sign where they are of one length, else what is
// between their common beginning and end.
function differing(a, b) {
  const [x, y] = [Array.from(a), Array.from(b)];
  if (x.length === y.length) {
    const at = x.flatMap((sign, j) => (sign === y[j] ? [] : [[j, j + 1]]));
    if (at.length <= x.length / 2) return [at, at];
    return [null, null];
  }
  let [first, last] = [0, 0];
  while (first < x.length && first < y.length && x[first] === y[first]) first++;
  while (last < x.length - first && last < y.length - first && x.at(-1 - last) === y.at(-1 - last)) last++;
  if (first + last < Math.min(x.length, y.length) / 2) return [null, null];
  return [x, y].map((signs) => (signs.length - last > first ? [[first, signs.length - last]] : []));
}

// A text with its differing signs marked; what is far from them is left out.
function marked(text, spans) {
  const signs = Array.from(text);
  if (!spans.length) return valueView(text);
  const part = (from, to) => signs.slice(from, to).map((sign) => (sign === '\n' ? ' ' : shown(sign))).join('');
  const made = [];
  let at = 0;
  const plain = (end) => {
    const last = end === signs.length;
    const [left, right] = [at ? 24 : last ? 0 : 8, last ? 8 : 24];
    made.push(end - at > left + right + 24 ? `${part(at, at + left)} … ${part(end - right, end)}` : part(at, end));
    at = end;
  };
  for (const [start, end] of spans) { plain(start); made.push(h('mark', {}, part(start, end))); at = end; }
  plain(signs.length);
  return h('bdi', { title: shown(text) }, made);
}

function both([a, b], [doubtsA, doubtsB], words) {
  const [left, right] = [new Map(a), new Map(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const differ = names.filter((name) => (left.get(name) ?? null) !== (right.get(name) ?? null));
  const same = names.filter((name) => !differ.includes(name));
  const tr = (name, own) => h('tr', { class: own }, h('th', { scope: 'row' }, h('bdi', { title: shown(name) }, shown(name))), own ? [[left, doubtsA], [right, doubtsB]].map(([cells, doubts]) => {
    const value = cells.get(name) ?? null;
    return h('td', { class: doubts.has(name) ? 'doubt' : '' }, doubts.has(name) ? doubted(value, doubts.get(name), 0) : valueView(value));
  }) : h('td', { colspan: '2' }, valueView(left.get(name) ?? null)));
  const parts = [h('table', { class: 'twins' }, h('thead', {}, h('tr', {}, h('td', {}), words.map((word) => h('th', { scope: 'col' }, word)))), h('tbody', {}, differ.map((name) => tr(name, 'other'))))];
  if (!differ.length) parts.push(h('p', { class: 'grey rest' }, 'The same in every column.'));
  if (same.length) {
    const rest = h('button', { type: 'button', class: 'plain fold', onclick: (event) => { event.stopPropagation(); parts[0].querySelector('tbody').append(...same.map((name) => tr(name, ''))); rest.remove(); } }, `${count(same.length, 'column')} the same`);
    parts.push(rest);
  }
  return parts;
}

const count = (k, one) => `${k.toLocaleString('en-US')} ${one}${k === 1 ? '' : 's'}`;
const percent = (p) => `${Math.round(100 * p)} %`;
