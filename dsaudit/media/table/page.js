// A row as a table of names and values, with the doubted cells marked and what probably belongs there; and two rows,
// cell by cell. The text of a row is written by `row.shown`, the doubted cells by `survey.survey`.
import { h, shown } from './dom.js';

const WHOLE = matchMedia('(max-width: 520px)').matches ? 12 : 24; // columns that a row may have before it is folded
const HEAD = 8; // left to read of a folded row, besides what is marked
const FEW = 5; // columns where there is little room
const CARDS = 40; // columns before the rest is folded
const LONG = 280; // characters of a value before it is folded

const KINDS = {
  spelling: 'misspelt', variant: 'another spelling', form: 'another form', 'number form': 'number in another form', 'date form': 'date in another form',
  decoding: 'broken letters', spreadsheet: 'spoilt by a spreadsheet', number: 'out of range', unlikely: 'unlikely here', dependency: 'contradicted',
  'stand-in': 'stands for no value', exchanged: 'of another column', shifted: 'of another column', order: 'out of order', key: 'not unique',
};
const TYPES = { identifier: 'identifier', category: 'category', number: 'number', date: 'date', text: 'text', constant: 'one value' };
const SIGNS = { error: '■', warning: '▲', info: '●' };

export const page = {
  mime: 'text/',
  tiles: 18,
  note: 'Cells marked in orange are probably wrong: what stands there, what probably belongs there, and how likely that is. Of two rows, the cells that differ come first.',

  brief,
  overview,

  view(item, { small }) {
    const view = h('div', { class: `view record${small ? ' small' : ''}` });
    Promise.resolve(item.words()).then((words) => view.replaceChildren(...(small ? [] : argued(words, item)), ...(small ? glance : whole)(cellsOf(words), doubtsOf(item, cellsOf(words)), item)));
    return view;
  },

  pair(a, b, { words }) {
    const view = h('div', { class: 'view record' });
    Promise.all([a, b].map((item) => item.words())).then((texts) => view.replaceChildren(...both(texts.map(cellsOf), [a, b].map((item, j) => doubtsOf(item, cellsOf(texts[j]))), words)));
    return view;
  },
};

// A row in one line: what is doubted in it, else its values.
function brief(text, item) {
  const cells = cellsOf(text);
  const doubts = doubtsOf(item, cells);
  const some = cells.filter(([name, value]) => (doubts.size ? doubts.has(name) : value !== null));
  return some.map(([name, value]) => (doubts.size ? `${name}: ${value ?? 'missing'}` : value)).join(' · ');
}

// Names and values; null where a value is missing.
function cellsOf(text) {
  return text.split(/\n(?!\t)/).filter(Boolean).map((line) => {
    const at = line.indexOf(': ');
    return at < 0 ? [line.replace(/:$/, ''), null] : [line.slice(0, at), line.slice(at + 2).replaceAll('\n\t', '\n')];
  });
}

// What is wrong with a column as a whole: severity, sentence, and the value that is meant or the column itself.
const ofColumn = (item, name) => item.set?.columns.find((column) => column.name === name)?.said ?? [];

// The doubted cells by name of column, of each the likeliest to be wrong; and values that stand for none.
function doubtsOf(item, cells) {
  const found = new Map();
  for (const { words } of item.said ?? []) {
    if (!words.startsWith('[[')) continue;
    for (const [name, value, repair, wrong, right, kind] of JSON.parse(words)) {
      if (!(found.get(name)?.wrong >= wrong)) found.set(name, { value, repair, wrong, right, kind });
    }
  }
  for (const [name, value] of cells) {
    if (value !== null && !found.has(name) && ofColumn(item, name).some(([, , subject]) => subject === value && subject !== name)) found.set(name, { value, kind: 'stand-in' });
  }
  return found;
}

function whole(cells, doubts, item) {
  const kept = cells.filter(([name], j) => cells.length <= WHOLE || j < HEAD || doubts.has(name));
  const table = (some) => h('table', {}, h('tbody', {}, some.map(([name, value]) => line(name, value, doubts.get(name), { faults: ofColumn(item, name) }))));
  if (kept.length === cells.length) return [table(cells)];
  const hidden = cells.length - kept.length;
  const short = table(kept);
  const more = h('button', { type: 'button', class: 'plain fold', onclick: (event) => { event.stopPropagation(); short.replaceWith(table(cells)); more.remove(); } }, `${count(hidden, 'more column')}`);
  return [short, more];
}

// For each of two labels the values that argue for it, the strongest first.
function argued(text, item) {
  if (!item.argued) return [];
  const cells = cellsOf(text);
  let at = 0;
  const places = text.split(/\n(?!\t)/).filter(Boolean).map((words) => { const start = at; at += Array.from(words).length + 1; return start; });
  const told = item.argued.parts.map(([start, , weight]) => ({ cell: cells[places.indexOf(start)], weight })).filter((one) => one.cell);
  if (!told.length) return [];
  const lines = item.argued.labels.map((label, j) => {
    const own = told.filter(({ weight }) => (j ? weight > 0 : weight < 0)).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
    const one = ({ cell: [name, value], weight }) => h('li', { class: `w${Math.abs(weight)}` }, h('span', { class: 'grey' }, h('bdi', {}, shown(name)), ' '), valueView(value, 40), h('span', { class: 'odds', role: 'img', 'aria-label': ['argues', 'argues strongly', 'argues very strongly'][Math.abs(weight) - 1] }, '▮'.repeat(Math.abs(weight))));
    return [h('dt', {}, 'for ', h('bdi', { class: 'name' }, shown(label))), h('dd', { class: j ? 'for' : 'against' }, own.length ? h('ul', {}, own.map(one)) : h('span', { class: 'grey' }, 'no single value'))];
  });
  return [h('dl', { class: 'argued', title: 'How much likelier a label gets by this value, compared with the values of other rows, for a model that did not see this row' }, lines)];
}

// What is doubted first: there is room for no more.
function glance(cells, doubts) {
  const order = [...cells.filter(([name]) => doubts.has(name)), ...cells.filter(([name, value]) => !doubts.has(name) && value !== null)].slice(0, FEW);
  const rest = cells.length - order.length;
  return [h('table', {}, h('tbody', {}, order.map(([name, value]) => line(name, value, doubts.get(name), { cut: 60 })))), rest ? h('p', { class: 'grey rest' }, count(rest, 'more column')) : null].filter(Boolean);
}

function line(name, value, doubt, { cut = 0, faults = [] } = {}) {
  const own = faults.filter(([, , subject]) => subject === name);
  const words = own.map(([, sentence]) => sentence).join('; ');
  const head = h('th', { scope: 'row' }, h('bdi', { title: shown(name) }, shown(name)), own.length ? h('span', { class: `sev ${own[0][0]}`, role: 'img', title: `this column ${shown(words)}`, 'aria-label': `this column ${shown(words)}` }, ` ${SIGNS[own[0][0]] ?? '●'}`) : '');
  if (!doubt) return h('tr', {}, head, h('td', {}, valueView(value, cut)));
  return h('tr', { class: 'doubt' }, head, h('td', {}, doubted(value, doubt, cut)));
}

function doubted(value, { repair, wrong, right, kind }, cut) {
  const told = repair !== null && repair !== undefined;
  const [was, is] = told && value !== null && repair ? differing(value, repair) : [null, null];
  const parts = [h('span', { class: 'was' }, was && !cut ? marked(value, was) : valueView(value, cut))];
  if (told) {
    parts.push(h('span', { class: 'into', role: 'img', 'aria-label': 'probably' }, ' → '), h('b', { class: 'is' }, is && !cut ? marked(repair, is) : valueView(repair || null, cut)), ' ', h('span', { class: 'p' }, percent(right)));
  } else if (wrong !== undefined) parts.push(' ', h('span', { class: 'p' }, `probably wrong, ${percent(wrong)}`));
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



// A card for each column, the worst first, and which column tells which.
function overview({ columns, tells, n_more: more }, { lead }) {
  const cards = (some) => h('div', { class: 'columns' }, some.map((column) => columnCard(column, lead)));
  const rest = columns.slice(CARDS);
  const fold = rest.length ? h('details', { class: 'more' }, h('summary', {}, `${count(rest.length, 'more column')}`)) : null;
  fold?.addEventListener('toggle', () => { if (fold.open && fold.childElementCount < 2) fold.append(cards(rest), more ? h('p', { class: 'small grey' }, `${count(more, 'column')} without a card`) : ''); });
  return h('div', {}, cards(columns.slice(0, CARDS)), fold, graph(tells, lead));
}

function columnCard({ name, type, missing, n, n_sound: held, distinct, top, spread, examples, wrong, said }, lead) {
  const some = wrong.reduce((sum, [, k]) => sum + k, 0);
  const open = lead(`column ${name}`);
  const worst = said.some(([severity]) => severity === 'error') ? ' bad' : some || said.length ? ' odd' : '';
  const kinds = new Map();
  for (const [kind, k] of wrong) kinds.set(KINDS[kind] ?? kind, (kinds.get(KINDS[kind] ?? kind) ?? 0) + k);
  const faults = kinds.size > 1 ? [...kinds].map(([word, k]) => `${k.toLocaleString('en-US')} ${word}`).join(', ') : [...kinds.keys()].join('');
  return h('article', { class: `column${worst}` },
    h('header', {}, h('bdi', { class: 'head', title: shown(name) }, shown(name)), h('span', { class: 'grey small' }, TYPES[type] ?? type)),
    spread ? histogram(spread, name) : top.length ? ranking(top, held, distinct) : h('p', { class: 'few' }, examples.length ? examples.map((value) => h('bdi', {}, shown(value))) : h('span', { class: 'grey' }, 'nothing in any row')),
    h('p', { class: 'grey small facts' }, h('span', { class: 'void', title: `${missing.toLocaleString('en-US')} of ${n.toLocaleString('en-US')} missing` }, h('i', { style: { width: `${(100 * missing) / Math.max(n, 1)}%` } })), missing ? `${share(missing / n)} missing` : 'none missing', ` · ${count(distinct, 'value')}`),
    some ? h('p', { class: 'faults' }, h('span', { class: 'sev warning', 'aria-hidden': 'true' }, '▲ '), open ? h('button', { type: 'button', class: 'plain', ...open }, `${count(some, 'cell')} probably wrong`) : `${count(some, 'cell')} probably wrong`, h('span', { class: 'grey' }, `: ${faults}`)) : null,
    said.slice(0, 4).map(([severity, message]) => h('p', { class: 'faults' }, h('span', { class: `sev ${severity}`, role: 'img', 'aria-label': severity }, `${SIGNS[severity] ?? '●'} `), shown(message))));
}

function histogram({ counts, range, log }, name) {
  const most = Math.max(...counts, 1);
  const [low, high] = range;
  return h('figure', { class: 'spread', role: 'img', 'aria-label': `${shown(name)}: ${low} to ${high}` },
    h('div', { class: 'bars' }, counts.map((k) => h('i', { style: { height: k ? `${Math.max((100 * k) / most, 3)}%` : '0' } }))),
    h('figcaption', {}, h('span', {}, low), log ? h('span', {}, 'log scale') : null, h('span', {}, high)));
}

function ranking(top, n, distinct) {
  const most = Math.max(...top.map(([, k]) => k));
  const left = n - top.reduce((sum, [, k]) => sum + k, 0);
  const bar = (name, k, own) => [h('bdi', { class: own }, name), h('span', { class: 't' }, h('i', { style: { width: `${(100 * Math.min(k, most)) / most}%` } })), h('span', {}, k.toLocaleString('en-US'))];
  return h('div', { class: 'ranking' }, top.map(([value, k]) => bar(shown(value), k, '')), left > 0 ? [h('span', { class: 'grey' }, count(distinct - top.length, 'other')), h('span', { class: 't' }), h('span', { class: 'grey' }, left.toLocaleString('en-US'))] : null);
}

// Columns that tell one another share a box; an arrow leads to what they tell, and says by how many rows.
function graph(tells, lead) {
  if (!tells.length) return '';
  const box = (names) => h('span', { class: 'node' }, names.map((name, j) => [j ? h('span', { class: 'grey', role: 'img', 'aria-label': 'and the other way round' }, ' ⇄ ') : '', h('bdi', {}, shown(name))]));
  const row = ({ names, told }) => h('li', {}, box(names), told.length ? h('ul', {}, told.map(({ names: others, n_rows: n, n_broken: broken, key }) => {
    const open = lead(key);
    const words = `${count(broken, 'row')} ${broken === 1 ? 'breaks' : 'break'} it`;
    return h('li', {}, h('span', { class: broken ? 'edge loose' : 'edge', role: 'img', 'aria-label': 'tells' }), box(others), h('span', { class: 'grey small' }, count(n, 'row'), broken ? ', ' : '', broken ? open ? h('button', { type: 'button', class: 'plain', ...open }, words) : words : ''));
  })) : h('span', { class: 'grey small' }, names.length > 1 ? 'say the same' : ''));
  return h('div', { class: 'tells' }, h('h3', {}, 'Which column tells which'), h('p', { class: 'grey small' }, 'Columns in one box tell one another. What follows from two arrows is left out.'), h('ul', {}, tells.map(row)));
}

const share = (p) => (p < 0.001 ? '<0.1 %' : `${p < 0.0995 ? (100 * p).toFixed(1) : Math.round(100 * p)} %`);

const count = (k, one) => `${k.toLocaleString('en-US')} ${one}${k === 1 ? '' : 's'}`;
const percent = (p) => `${Math.round(100 * p)} %`;
