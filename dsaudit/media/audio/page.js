// A recording: waveform over spectrogram on one time axis, with what the measurements know about its edges.
import { cssVar, dark, fromBase64, h, shown } from './dom.js';
import { player } from './player.js';

export const page = {
  mime: 'audio/',
  plays: true,
  note: 'Striped: quiet before or after the sound. An orange edge: cut off there. The spectrogram reaches 8 kHz; its colours are the same levels for every item.',

  view(item, { small, steps }) {
    const view = h('div', { class: 'view sound', title: 'Play or stop', onclick: () => player.toggle(item) });
    if (item.outline) view.append(wave(item.outline));
    const spectrum = item.picture();
    if (spectrum) {
      Object.assign(spectrum, { alt: small ? '' : `Spectrogram of ${shown(item.name)}, low pitches at the bottom`, className: 'spectrum' });
      view.append(spectrum);
    }
    mark(view, item);
    const head = h('div', { class: 'head', hidden: true });
    view.append(head);
    player.follow(view, () => {
      const on = player.playing(item.k);
      view.classList.toggle('on', on);
      head.hidden = !on;
      if (on) head.style.left = `${100 * player.share()}%`;
    });
    const duration = item.length_s || 0;
    if (small || !(duration > 0)) return view;
    const digits = duration < 4 ? 2 : duration < 100 ? 1 : 0;
    const ticks = Array.from({ length: steps + 1 }, (_, j) => h('span', {}, `${((j / steps) * duration).toFixed(digits)}${j === steps ? '\u00a0s' : ''}`));
    return h('div', { class: 'timed' }, view, h('div', { class: 'ticks', 'aria-hidden': 'true' }, ticks));
  },
};

function wave(outline) {
  const canvas = h('canvas', { class: 'wave', 'aria-hidden': 'true' });
  canvas.draw = () => draw(canvas, outline);
  new ResizeObserver(canvas.draw).observe(canvas);
  return canvas;
}

dark.addEventListener('change', () => document.querySelectorAll('canvas.wave').forEach((canvas) => canvas.draw()));

// The outline has about a hundred columns: between their centres it is drawn as a smooth band.
function draw(canvas, outline) {
  const pairs = new Int8Array(fromBase64(outline).buffer);
  const n = pairs.length >> 1;
  const box = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, Math.round(box.width * ratio)));
  const height = (canvas.height = Math.max(1, Math.round(box.height * ratio)));
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

function mark(view, { length_s: duration, marks = {} }) {
  const part = (ms) => (duration > 0 ? (ms || 0) / 1000 / duration : 0);
  const [onset, offset] = [part(marks.onset_margin_ms), part(marks.offset_margin_ms)];
  if (onset + offset > 0.98) return;
  const edge = (kind, title, style) => view.append(h('div', { class: kind, title, style }));
  if (onset > 0.02) edge('veil', 'quiet before', { left: 0, width: `${Math.min(100, 100 * onset)}%` });
  if (offset > 0.02) edge('veil', 'quiet after', { right: 0, width: `${Math.min(100, 100 * offset)}%` });
  if (marks.start_cut > 0.5) edge('cut', 'cut at the start', { left: 0 });
  if (marks.end_cut > 0.5) edge('cut', 'cut at the end', { right: 0 });
}
