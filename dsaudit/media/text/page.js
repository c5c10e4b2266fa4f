// A text set for reading, with the words that argue for a label and what was found marked; and two, word by word.
import { h, shown } from './dom.js';

const WHOLE = 600; // characters that a text may have before it is folded
const AROUND = 120; // left to read on each side of what is marked
const FEW = 0.6; // share of words in common below which two texts are told apart by what they share
const MOST_CELLS = 4e6;
const PART = '\u001e'; // stands between the texts of an item that is several

// What is marked where a rule found something; `at` gives places in the text.
const FOUND = [
  { rule: 'mojibake', word: 'read in a wrong encoding', at: /(?:[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u2022\u2026\u2030\u20ac\u2122]+)+|\u00e2\u20ac.?|\ufffd+/gu },
  { rule: 'markup', word: 'markup', at: /<[^<>]+>|&(?:#?\w{1,8});|\*\*|\]\([^)\s]*\)|\bhttps?:\/\/\S+|\[\/?\w+(?:=[^\]]*)?\](?=.*\[\/)/gu },
  { rule: 'look-alikes', word: 'letters of another script', at: foreign },
  { rule: 'shouting', word: 'again and again', at: /(\p{L})\1{3,}|([!?.])\2{3,}/gu },
  { rule: 'cut-text', word: 'ends here', at: (text) => [[Math.max(0, text.search(/\S+\s*$/u)), text.length]] },
];
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001d\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
const NAMES = { '\u00ad': 'SHY', '\u200b': 'ZWSP', '\u200c': 'ZWNJ', '\u200d': 'ZWJ', '\u200e': 'LRM', '\u200f': 'RLM', '\u202e': 'RLO', '\ufeff': 'BOM' };
const COVERED = /\[(?:e-mail|phone|card|iban)\]/gu;

export const page = {
  mime: 'text/',
  tiles: 24,
  note: 'Orange: words that argue for the suggested label; blue, dotted: for the given one; the stronger the colour, the more. A tag such as [e-mail] covers personal data. Of two texts that are alike, what only one of them has is marked.',

  view(item, { small }) {
    const set = h('div', { class: `set${small ? ' small' : ''}` });
    const legend = h('p', { class: 'legend' });
    const view = h('div', { class: 'view text' }, set);
    Promise.resolve(item.words()).then((words) => {
      const { text, marks, told } = read(words, item);
      set.replaceChildren(...laid(text, marks, { fold: !small, cut: small ? 260 : Infinity, unseen: item.faults?.includes('control-characters') }));
      if (!small && told.length) legend.replaceChildren(...told, hides(view));
    });
    return small ? view : h('div', { class: 'reading' }, view, legend);
  },

  pair(a, b, { words }) {
    const sides = [a, b].map((item, j) => {
      const set = h('div', { class: 'set' });
      return { set, figure: h('figure', {}, h('figcaption', {}, words[j]), h('div', { class: 'view text' }, set)) };
    });
    const legend = h('p', { class: 'legend' });
    Promise.all([a, b].map((item) => item.words())).then((texts) => {
      const { marks, said, unseen } = compared(...texts);
      const same = texts[0] === texts[1];
      sides.forEach(({ set }, j) => set.replaceChildren(...(same && j ? [h('p', { class: 'grey' }, 'The same text, letter for letter.')] : laid(texts[j], marks[j], { fold: true, unseen }))));
      legend.replaceChildren(...said);
    });
    return h('div', { class: 'texts' }, h('div', { class: 'pair' }, sides.map((side) => side.figure)), legend);
  },
};

// The text, what to mark in it as [start, end, class, title], and what the marks mean.
function read(text, item) {
  const marks = [];
  const told = [];
  const swatch = (kind, ...said) => h('span', {}, h('i', { class: kind }), ...said);
  for (const { rule, word, at } of FOUND) {
    if (!item.faults?.includes(rule)) continue;
    const places = at instanceof RegExp ? [...text.matchAll(at)].map((m) => [m.index, m.index + m[0].length]) : at(text);
    if (!places.length) continue;
    marks.push(...places.map(([start, end]) => [start, end, 'found', word]));
    told.push(swatch('found', word));
  }
  for (const { rule, words } of item.said ?? []) {
    const pattern = words.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
    const places = pattern ? [...text.matchAll(new RegExp(pattern, 'giu'))] : [];
    marks.push(...places.map((m) => [m.index, m.index + m[0].length, 'found', rule]));
    if (places.length) told.push(swatch('found', rule));
  }
  if (item.faults?.includes('control-characters') && UNSEEN.test(text)) told.push(h('span', {}, h('span', { class: 'unseen' }, '·'), ' a character that nobody sees'));
  if (item.argued) {
    const [given, other] = item.argued.labels.map((name) => h('bdi', { class: 'name' }, shown(name)));
    const places = inUnits(text, item.argued.parts);
    for (const [start, end, weight] of places) marks.push([start, end, `${weight > 0 ? 'for' : 'against'} w${Math.abs(weight)}`, weight > 0 ? `argues for ${item.argued.labels[1]}` : `argues for ${item.argued.labels[0]}`]);
    if (places.some((p) => p[2] > 0)) told.push(swatch('for', 'words that argue for ', other));
    if (places.some((p) => p[2] < 0)) told.push(swatch('against', 'words that argue for ', given));
  }
  return { text, marks: apart(marks), told };
}

function hides(view) {
  const toggle = h('button', { type: 'button', class: 'plain', onclick: (event) => { event.stopPropagation(); toggle.textContent = view.classList.toggle('bare') ? 'show marks' : 'hide marks'; } }, 'hide marks');
  return toggle;
}

// Places are counted in characters; here they are in units of UTF-16.
function inUnits(text, parts) {
  if (!/[\ud800-\udbff]/.test(text)) return parts;
  const starts = [0];
  for (const sign of text) starts.push(starts.at(-1) + sign.length);
  return parts.map(([start, end, weight]) => [starts[start] ?? text.length, starts[end] ?? text.length, weight]);
}

function apart(marks) {
  const kept = [];
  for (const mark of marks) if (kept.every(([start, end]) => mark[1] <= start || mark[0] >= end)) kept.push(mark);
  return kept.sort((x, y) => x[0] - y[0]);
}

// Letters of the script that a word has fewer of, in words of two scripts.
function foreign(text) {
  const places = [];
  for (const word of text.matchAll(/\p{L}+/gu)) {
    const scripts = ['Latin', 'Cyrillic', 'Greek'].map((name) => [...word[0].matchAll(new RegExp(`\\p{Script=${name}}+`, 'gu'))]).filter((found) => found.length);
    if (!scripts.length) continue;
    const size = (found) => found.reduce((sum, m) => sum + m[0].length, 0);
    const rare = scripts.length > 1 ? scripts.sort((x, y) => size(x) - size(y))[0] : [];
    places.push(...rare.map((m) => [word.index + m.index, word.index + m.index + m[0].length]));
  }
  return places;
}

// Paragraphs of the text with its marks; what is far from all of them is folded.
function laid(text, marks, { fold, cut = Infinity, unseen = false }) {
  const until = text.length > cut ? text.lastIndexOf(' ', cut) > cut / 2 ? text.lastIndexOf(' ', cut) : cut : text.length;
  const folds = fold && text.length > WHOLE ? folded(text, marks) : [];
  const covered = [...text.matchAll(COVERED)].map((m) => [m.index, m.index + m[0].length, 'covered', 'personal data']);
  const all = apart([...marks, ...covered]).filter(([start]) => start < until);
  const blocks = [];
  let start = 0;
  for (const part of text.slice(0, until).split(PART)) {
    blocks.push(h('p', { dir: 'auto' }, pieces(text, start, start + part.length, all, folds, unseen), start + part.length === until && until < text.length ? ' …' : ''));
    start += part.length + 1;
  }
  return blocks;
}

function pieces(text, from, to, marks, folds, unseen) {
  const made = [];
  let at = from;
  const plain = (end) => { if (end > at) made.push(...seen(text.slice(at, end), unseen)); at = Math.max(at, end); };
  const marked = (end, into) => {
    for (const [start, stop, kind, title] of marks) {
      if (stop <= at || start >= end) continue;
      const before = at;
      if (start > at) { into.push(...seen(text.slice(before, start), unseen)); at = start; }
      const last = Math.min(stop, end);
      into.push(h('mark', { class: kind, title }, seen(text.slice(at, last), unseen)));
      at = last;
    }
    if (end > at) { into.push(...seen(text.slice(at, end), unseen)); at = end; }
  };
  for (const [start, stop] of folds) {
    if (stop <= from || start >= to) continue;
    marked(Math.max(from, start), made);
    const end = Math.min(stop, to);
    const hidden = text.slice(at, end);
    const button = h('button', { type: 'button', class: 'plain fold', onclick: (event) => { event.stopPropagation(); button.replaceWith(...seen(hidden, unseen)); } }, `… ${words(hidden)} …`);
    made.push(button);
    at = end;
  }
  marked(to, made);
  plain(to);
  return made;
}

const words = (text) => {
  const n = text.split(/\s+/u).filter(Boolean).length;
  return n > text.length / 40 ? `${n.toLocaleString('en-US')} more words` : `${text.length.toLocaleString('en-US')} more characters`;
};

// Characters that nobody sees, named where they matter.
function seen(text, named) {
  if (!named || !UNSEEN.test(text)) return [text];
  return text.split(new RegExp(`(${UNSEEN.source})`, 'u')).filter(Boolean).map((part) => {
    if (part.length > 1 || !UNSEEN.test(part)) return part;
    const code = `U+${part.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    return h('span', { class: 'unseen', title: code }, NAMES[part] ?? code);
  });
}

// Stretches to fold: what is further than a line or two from every mark, or from the beginning where there is none.
function folded(text, marks) {
  const keep = [[0, marks.length ? AROUND : WHOLE - AROUND], ...marks.map(([start, end]) => [start - AROUND, end + AROUND])].sort((x, y) => x[0] - y[0]);
  const gaps = [];
  let end = 0;
  for (const [start, stop] of [...keep, [text.length, text.length]]) {
    if (start - end > AROUND) {
      const blank = text.indexOf(' ', end);
      const first = blank >= 0 && blank < end + 40 ? blank : end;
      const last = start < text.length ? Math.max(text.lastIndexOf(' ', start) > start - 40 ? text.lastIndexOf(' ', start) + 1 : start, first) : start;
      if (last - first > AROUND) gaps.push([first, last]);
    }
    end = Math.max(end, stop);
  }
  return gaps;
}

// ---- two texts ----
const TOKEN = /\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}\p{Cf}]|['’_-](?=[\p{L}\p{N}]))*|[^]/gu;
const isWord = (token) => /[\p{L}\p{N}]/u.test(token);

function compared(a, b) {
  if (a === b) return { marks: [[], []], said: [], unseen: false };
  const tokens = [a, b].map((text) => [...text.matchAll(TOKEN)].map((m) => m[0]));
  const plain = (list) => list.filter(isWord).map((t) => t.toLowerCase().normalize('NFKD').replace(new RegExp(`${UNSEEN.source}|\\p{M}`, 'gu'), ''));
  const [wordsA, wordsB] = tokens.map(plain);
  const unseen = UNSEEN.test(a) || UNSEEN.test(b);
  const kept = common(...tokens);
  const n = Math.max(wordsA.length, wordsB.length, 1);
  const shared = kept ? kept[0].filter((same, j) => same && isWord(tokens[0][j])).length : 0;
  const same = wordsA.join(' ') === wordsB.join(' ');
  if (!kept || (!same && shared < FEW * Math.min(wordsA.length, wordsB.length))) return inOtherWords(tokens, wordsA, wordsB);
  const marks = kept.map((list, j) => spans(tokens[j], list.map((same) => !same), j ? 'only second' : 'only first', j ? 'only in the second' : 'only in the first'));
  const own = tokens.map((list, j) => list.filter((t, i) => !kept[j][i] && isWord(t)).length);
  const said = same
    ? [h('span', {}, 'The same words: they differ in ', h('b', {}, unseen && a.replace(new RegExp(UNSEEN.source, 'gu'), '') === b.replace(new RegExp(UNSEEN.source, 'gu'), '') ? 'characters that nobody sees' : 'case, spacing, accents or punctuation'), '.')]
    : [h('span', {}, h('i', { class: 'only first' }), `only in the first: ${counted(own[0])}`), h('span', {}, h('i', { class: 'only second' }), `only in the second: ${counted(own[1])}`), `${shared} of ${n} words in common`];
  return { marks, said, unseen };
}

const counted = (k) => `${k} word${k === 1 ? '' : 's'}`;

// Where little is word for word the same, what is the same is marked.
function inOtherWords(tokens, wordsA, wordsB) {
  const both = new Set(wordsA.filter((w) => wordsB.includes(w)));
  const marks = tokens.map((list) => spans(list, list.map((t) => isWord(t) && both.has(t.toLowerCase().normalize('NFKC'))), 'shared', 'in both'));
  return { marks, unseen: false, said: ['Said in other words.', both.size ? h('span', {}, h('i', { class: 'shared' }), `in both: ${counted(both.size)} of ${new Set([...wordsA, ...wordsB]).size}`) : 'No word in common.'] };
}

// Which tokens of each are in the common subsequence that weighs most, words before blanks; null where that would take
// too long.
function common(a, b) {
  const kept = [a, b].map((list) => list.map(() => false));
  let first = 0;
  while (first < a.length && first < b.length && a[first] === b[first]) { kept[0][first] = kept[1][first] = true; first++; }
  let [lastA, lastB] = [a.length, b.length];
  while (lastA > first && lastB > first && a[lastA - 1] === b[lastB - 1]) { lastA--; lastB--; kept[0][lastA] = kept[1][lastB] = true; }
  const [n, m] = [lastA - first, lastB - first];
  if (n * m > MOST_CELLS) return null;
  const weights = a.slice(first, lastA).map((token) => (isWord(token) ? 4 : 1));
  const best = new Uint16Array((n + 1) * (m + 1));
  for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) {
    best[i * (m + 1) + j] = a[first + i] === b[first + j] ? best[(i + 1) * (m + 1) + j + 1] + weights[i] : Math.max(best[(i + 1) * (m + 1) + j], best[i * (m + 1) + j + 1]);
  }
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[first + i] === b[first + j]) { kept[0][first + i++] = kept[1][first + j++] = true; }
    else if (best[(i + 1) * (m + 1) + j] >= best[i * (m + 1) + j + 1]) i++;
    else j++;
  }
  return kept;
}

// Neighbouring words that are to be marked, as one span with the blanks between them; blanks alone only where they differ.
function spans(tokens, chosen, kind, title) {
  const found = [];
  const blank = (j) => !tokens[j]?.trim();
  let at = 0;
  tokens.forEach((token, j) => {
    const end = at + token.length;
    const last = found.at(-1);
    if (chosen[j] && !blank(j)) {
      if (last && (last[1] === at || (j && blank(j - 1) && last[1] === at - tokens[j - 1].length))) last[1] = end;
      else found.push([at, end, kind, title]);
    } else if (chosen[j] && kind !== 'shared' && !chosen[j - 1] && !chosen[j + 1]) found.push([at, end, kind, title]);
    at = end;
  });
  return found;
}
