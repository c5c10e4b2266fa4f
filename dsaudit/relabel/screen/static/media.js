// What the scripts of kinds are told of an item, see view.js: fetched before it is shown, the sound into the browser's
// cache, the picture decoded, the text read.
import { h, middle } from './dom.js';
import { name } from './core.js';
import { zoom } from './zoom.js';

const KEPT = 120;
const made = new Map();
let usual = ''; // what lies beside an item is of its type; where it cannot be shown itself, of the type seen last

export function itemOf(card) {
  if (made.has(card.k)) return made.get(card.k);
  const { media, k, id } = card;
  const { error, mime = usual, url, thumbnail = '' } = media;
  const item = { ...media, k, mime, name: id, failed: error, origin: `/media/${k}/whole`, faults: card.why.map((w) => w.name), argued: card.argued, said: card.why.filter((w) => w.words).map((w) => ({ rule: w.name, words: w.words })), picture: () => null };
  if (error) return item;
  usual = mime;
  const fetched = mime.startsWith('image/') ? null : fetch(url, { credentials: 'same-origin' });
  const picture = fetched ? thumbnail : url;
  if (picture) {
    const image = h('img', { alt: '', src: picture, decoding: 'sync' });
    image.decode().catch(() => {});
    item.picture = () => image;
  }
  if (mime.startsWith('text/')) {
    const words = fetched.then((r) => r.text()).catch(() => 'The text could not be read from the server.');
    item.words = () => words;
  } else fetched?.then((r) => r.blob()).catch(() => {});
  made.set(k, item);
  if (made.size > KEPT) made.delete(made.keys().next().value);
  return item;
}

// A neighbour, of which only the number and the name are known.
export const beside = ({ k, id }) => ({ k, name: id, mime: usual, words: usual.startsWith('text/') ? () => wordsOf(k) : null, url: `/media/${k}`, thumbnail: `/media/${k}/thumbnail`, origin: `/media/${k}/whole`, picture: () => (usual.startsWith('image/') ? h('img', { src: `/media/${k}` }) : null) });

const known = new Map();
function wordsOf(k) {
  if (!known.has(k)) known.set(k, fetch(`/media/${k}`, { credentials: 'same-origin' }).then((r) => (r.ok ? r.text() : '')).catch(() => ''));
  if (known.size > 10 * KEPT) known.delete(known.keys().next().value);
  return known.get(k);
}

// Over the whole window: items from one on, or one card beside those that lie near it.
export function enlarge(cards, at = 0, { moved, card = null, blind = false } = {}) {
  const words = (c) => [blind ? '' : h('b', {}, name(c.label)), ' ', middle(c.id)];
  zoom.open({ n: cards.length, at, moved, item: (j) => (cards[j].media ? itemOf(cards[j]) : beside(cards[j])), words: (j) => words(cards[j]), beside: card && { item: itemOf(card), words: words(card) } });
}
