// What is seen of an item. A kind of data may say so itself, in a module that exports `page` with any of
//   mime    how the types of previews begin that it shows; others are shown as pictures or texts
//   view    (item, { small, steps }) => element; `steps` of an axis are labelled, none where it is small
//   pair    (a, b, { words }) => element: two items and what differs between them, under the words for each; without
//           it their views stand side by side
//   plays   true: the player plays its items by their address, and a click on one plays it instead of showing it
//   brief   (words, item) => text: an item of words in one line
//   overview  (what the kind tells of the set, { lead }) => element, in the report; `lead(key)` are attributes of a
//           button that opens a list of items, null where there is none
//   tiles   how many of them a grid to decide holds
//   note    how to read the view, for the help
//
// An item is { k, name, mime, url, thumbnail, outline, length_s, marks, faults }: number, id, type of the preview
// (empty where it is not known), addresses, outline as base64, measurements to draw by column, names of the rules that
// found something in it; and
//   places           where in it findings are: [{ rule, box: [left, top, right, bottom] }], in shares of its sides
//   said             words in it that findings are about: [{ rule, words, subject }]; of some kinds as their rules and
//                    their script agree; `subject` of a finding about several items, where that has a name
//   set              what the kind tells of the set, in the report
//   argued           parts of it that argue for one of two labels: { labels: [given, suggested], parts: [[start, end,
//                    weight]] }, places in characters, weights from -3 (given) to 3 (suggested); none without
//   origin           address of the file itself, where a browser may show it
//   failed, absent   why it cannot be shown, or not here
//   lost             what to say where its address cannot be played
//   picture()        an image: of itself where it is one, else its thumbnail; null without
//   words()          its text, or a promise of it, where it is one
import { h, middle, shown } from './dom.js';
import { page } from './kind.js';

const own = (item) => Boolean(page.mime) && (!item.mime || item.mime.startsWith(page.mime));
const wordy = (item) => item.mime.startsWith('text/');

export const plays = (item) => Boolean(page.plays) && own(item) && !item.failed;

// Whether a glance at a small picture tells what one is, so that many are looked at together and one is enlarged.
export const glanced = (item) => !plays(item) && item.mime.startsWith('image/');

// Whether two are held against one another, so that what differs is seen.
export const compares = (item) => glanced(item) || (Boolean(page.pair) && own(item) && !plays(item));

export function itemView(item, { small = false, steps = 2 } = {}) {
  const why = item.failed || item.absent;
  if (why) return h('div', { class: 'view' }, h('p', { class: 'nopic' }, shown(why)));
  if (own(item)) return page.view(item, { small, steps });
  if (wordy(item)) return h('div', { class: 'view' }, filled(h('pre', { class: 'words', dir: 'auto' }), item));
  const picture = item.picture();
  if (picture) Object.assign(picture, { alt: shown(item.name), className: 'photo' });
  return h('div', { class: 'view' }, picture);
}

export function pairView(a, b, { words = [] } = {}) {
  if (own(a) && own(b) && page.pair && !a.failed && !b.failed) return page.pair(a, b, { words });
  return h('div', { class: 'pair' }, [a, b].map((item, j) => h('figure', {}, h('figcaption', {}, words[j]), itemView(item))));
}

// What stands for an item where there is little room.
export function glimpse(item) {
  if (plays(item)) return h('span', { class: 'tri', 'aria-hidden': 'true' }, '▶ ');
  if (wordy(item)) return item.words ? filled(h('bdi', { class: 'grey' }), item, 110, ' ') : '';
  return item.thumbnail && item.mime ? h('img', { class: 'mini', alt: '', loading: 'lazy', src: item.thumbnail }) : '';
}

// What a list calls it: the beginning of its text, else its name.
export const called = (item) => (wordy(item) ? filled(h('bdi', { class: 'line', title: shown(item.name) }), item, 160) : middle(item.name));

function filled(element, item, room = Infinity, end = '') {
  const told = (words) => (room < Infinity && page.brief && own(item) ? page.brief(words, item) : words);
  Promise.resolve(item.words()).then(told).then((words) => { element.textContent = (room < Infinity ? short(words, room) : words) + end; });
  return element;
}

// The beginning of a text in one line; it ends with a whole word where it can.
function short(words, room) {
  const line = shown(words.replace(/\s*[\n\u001e]\s*/g, ' · '));
  if (line.length <= room) return line;
  const cut = line.lastIndexOf(' ', room);
  return `${line.slice(0, cut > room / 2 ? cut : room)} …`;
}
