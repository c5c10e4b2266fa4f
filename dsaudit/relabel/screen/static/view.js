// What is seen of an item, by the kind of its preview: waveform over spectrogram on one time axis, a picture, a text.
import { $, cssVar, h, shown } from './core.js';
import { player } from './player.js';

function fromBase64(encoded) {
  const raw = atob(encoded);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes;
}

// The outline has about a hundred columns: between their centres it is drawn as a smooth band.
function drawOutline(canvas, encoded) {
  const pairs = new Int8Array(fromBase64(encoded).buffer);
  const n = pairs.length >> 1;
  const box = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, Math.round((box.width || 300) * ratio)));
  const height = (canvas.height = Math.max(1, Math.round((box.height || 64) * ratio)));
  const context = canvas.getContext('2d');
  const x = (k) => ((k + 0.5) / n) * width;
  const y = (value, side) => height / 2 - (value / 127) * (height / 2 - ratio) + side * ratio * 0.5;
  context.fillStyle = cssVar('--wave');
  context.beginPath();
  context.moveTo(0, y(pairs[1], -1));
  for (let k = 0; k < n; k++) context.lineTo(x(k), y(pairs[2 * k + 1], -1));
  context.lineTo(width, y(pairs[2 * n - 1], -1));
  context.lineTo(width, y(pairs[2 * n - 2], 1));
  for (let k = n - 1; k >= 0; k--) context.lineTo(x(k), y(pairs[2 * k], 1));
  context.lineTo(0, y(pairs[0], 1));
  context.fill();
}

const drawn = new Set();
const redraw = () => { for (const one of drawn) if (one.canvas.isConnected) drawOutline(one.canvas, one.outline); else drawn.delete(one); };
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('resize', redraw);

export const playable = (card) => (card.media.mime || '').startsWith('audio/');
// What lies beside an item is of its kind; where it cannot be shown itself, of the kind seen last.
let lastMime = 'audio/';
export const sounding = (card) => (card.media.mime || lastMime).startsWith('audio/');
export const pictured = (card) => (card.media.mime || lastMime).startsWith('image/');

// Fetched before it is shown: the sound into the browser's cache, the picture decoded, the text read.
const warmed = new Map();
export function warm(card) {
  if (card.media.error || warmed.has(card.k)) return warmed.get(card.k);
  const { mime, url, thumbnail } = card.media;
  lastMime = mime;
  const picture = (src) => { const image = h('img', { alt: '', src, decoding: 'sync' }); image.decode().catch(() => {}); return image; };
  const found = { image: null, text: null };
  if (mime.startsWith('text/')) found.text = fetch(url, { credentials: 'same-origin' }).then((r) => r.text()).catch(() => 'The text could not be read from the server.');
  else if (mime.startsWith('image/')) found.image = picture(url);
  else {
    if (thumbnail) found.image = picture(thumbnail);
    fetch(url, { credentials: 'same-origin' }).then((r) => r.blob()).catch(() => {});
  }
  warmed.set(card.k, found);
  if (warmed.size > 120) warmed.delete(warmed.keys().next().value);
  return found;
}

export function itemView(card, { small = false } = {}) {
  const { media } = card;
  if (media.error) return h('div', { class: 'view' }, h('p', { class: 'nopic' }, shown(media.error)));
  const { image, text } = warm(card);
  if (text) {
    const page = h('pre', { class: 'doc', tabindex: small ? null : '0', 'aria-label': 'The text' });
    text.then((words) => { page.textContent = small ? words.slice(0, 400) : words; });
    return h('div', { class: 'view' }, page);
  }
  if (media.mime.startsWith('image/')) {
    image.alt = `The item ${shown(card.id)}`;
    image.className = 'photo';
    return h('div', { class: 'view' }, image);
  }
  const view = h('div', { class: 'view sound', title: 'Play or stop', onclick: () => player.toggle(card.k, media.url) });
  if (media.outline) {
    const canvas = h('canvas', { 'aria-hidden': 'true' });
    const one = { canvas, outline: media.outline };
    drawn.add(one);
    view.append(canvas);
    view.draw = () => drawOutline(canvas, media.outline);
  }
  if (image) {
    image.alt = small ? '' : 'Spectrogram, low pitches at the bottom';
    image.className = 'spectrum';
    view.append(image);
  }
  marks(view, media);
  view.append(h('div', { class: 'head', hidden: true }));
  watch(view, card.k);
  const duration = media.duration_s || 0;
  if (small || !(duration > 0)) return view;
  const digits = duration < 4 ? 2 : duration < 100 ? 1 : 0;
  const box = h('div', { class: 'timed' }, view, h('div', { class: 'ticks', 'aria-hidden': 'true' },
    [0, 0.25, 0.5, 0.75, 1].map((t) => h('span', {}, `${(t * duration).toFixed(digits)}${t === 1 ? '\u00a0s' : ''}`))));
  box.draw = view.draw;
  return box;
}

function marks(view, media) {
  const { onset_margin_ms: before, offset_margin_ms: after, start_cut: startCut, end_cut: endCut } = media.marks || {};
  const duration = media.duration_s || 0;
  const onset = duration > 0 ? (before || 0) / 1000 / duration : 0;
  const offset = duration > 0 ? (after || 0) / 1000 / duration : 0;
  if (onset + offset > 0.98) return;
  if (onset > 0.02) view.append(h('div', { class: 'veil', title: 'quiet before', style: { left: 0, width: `${Math.min(100, 100 * onset)}%` } }));
  if (offset > 0.02) view.append(h('div', { class: 'veil', title: 'quiet after', style: { right: 0, width: `${Math.min(100, 100 * offset)}%` } }));
  if (startCut > 0.5) view.append(h('div', { class: 'cut', title: 'cut at the start', style: { left: 0 } }));
  if (endCut > 0.5) view.append(h('div', { class: 'cut', title: 'cut at the end', style: { right: 0 } }));
}

function watch(view, k) {
  const head = $('.head', view);
  let seen = false;
  const look = () => {
    seen = seen || view.isConnected;
    if (seen && !view.isConnected) { player.watchers.delete(look); return; }
    const on = player.playing(k);
    view.classList.toggle('on', on);
    head.hidden = !on;
    if (on) head.style.left = `${100 * player.share()}%`;
  };
  player.watchers.add(look);
}

