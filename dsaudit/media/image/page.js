// A picture with what was found wrong drawn where it is, and two of them with what differs.
import { h, shown } from './dom.js';

// What is drawn for which rules; `marks` paints into the picture's own pixels and returns the share that is marked.
const DRAWN = [
  { rules: ['bright'], word: 'burnt out', hue: [213, 94, 0], marks: (grey) => striped(grey, (v) => v >= 248) },
  { rules: ['dark'], word: 'nearly black', hue: [86, 180, 233], marks: (grey) => striped(grey, (v) => v <= 24) },
  { rules: ['blurry', 'upscaled'], word: 'soft edges', hue: [204, 121, 167], marks: unsharp },
  { rules: ['letterboxed'], word: 'frame', hue: [0, 158, 115], marks: framed },
];
const MOST = 640; // longer sides are looked at smaller
const CELL = 12;

export const page = {
  mime: 'image/',
  tiles: 48,
  note: 'Orange stripes: burnt out. Blue stripes: nearly black. Purple hatching: edges, and none of them sharp. Green stripes: a frame. A yellow box: where a finding is. Of two that are alike the difference is shown, once one is turned and moved onto the other.',

  view(item, { small }) {
    const picture = item.picture();
    const view = h('div', { class: 'view picture' }, picture);
    if (!picture) return view;
    Object.assign(picture, { alt: shown(item.name), className: 'photo' });
    const drawn = small ? [] : DRAWN.filter((d) => d.rules.some((rule) => item.faults?.includes(rule)));
    const places = small ? [] : item.places ?? [];
    if (!drawn.length && !places.length) return view;
    const canvas = h('canvas', { class: 'fault', 'aria-hidden': 'true' });
    view.append(canvas);
    const legend = h('p', { class: 'legend' });
    loaded(picture, () => draw(canvas, picture, drawn, places, legend));
    return h('div', { class: 'drawn' }, view, legend);
  },

  pair(a, b, { words }) {
    const figures = [a, b].map((item, j) => h('figure', {}, h('figcaption', {}, words[j]), h('div', { class: 'view picture' }, photo(item))));
    const difference = h('canvas', { class: 'photo', role: 'img', 'aria-label': 'What differs between them' });
    const said = h('figcaption', {}, 'difference');
    const third = h('figure', { class: 'difference' }, said, h('div', { class: 'view picture' }, difference));
    const pictures = figures.map((figure) => figure.querySelector('.photo'));
    if (pictures.every(Boolean)) loaded(pictures[0], () => loaded(pictures[1], () => subtract(difference, pictures, said, third)));
    else third.hidden = true;
    return h('div', { class: 'pair' }, figures, third);
  },
};

function photo(item) {
  const src = item.picture()?.src;
  return src ? h('img', { src, class: 'photo', alt: shown(item.name) }) : null;
}

function loaded(picture, then) {
  if (picture.complete && picture.naturalWidth) then();
  else picture.addEventListener('load', then, { once: true });
}

// Pixels as they are shown, or null where the browser does not give them away: the file lies beside the page.
function pixels(source, width, height, turn = null) {
  const canvas = h('canvas', { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (turn) turn(context);
  context.drawImage(source, 0, 0, width, height);
  try { return context.getImageData(0, 0, width, height); } catch { return null; }
}

const luma = ({ data }) => Float32Array.from({ length: data.length / 4 }, (_, j) => 0.299 * data[4 * j] + 0.587 * data[4 * j + 1] + 0.114 * data[4 * j + 2]);

function draw(canvas, picture, drawn, places, legend) {
  const by = Math.min(1, MOST / Math.max(picture.naturalWidth, picture.naturalHeight));
  const [width, height] = [picture.naturalWidth, picture.naturalHeight].map((v) => Math.max(1, Math.round(v * by)));
  const seen = pixels(picture, width, height);
  if (!seen) { canvas.remove(); return; }
  Object.assign(canvas, { width, height });
  const grey = { width, height, levels: luma(seen) };
  const layer = new ImageData(width, height);
  const said = [];
  for (const { word, hue, marks } of drawn) {
    const [share, covers] = marks(grey);
    said.push(h('span', {}, h('i', { style: { background: `rgb(${hue})` } }), `${word}: ${percent(share)}`));
    for (let j = 0; j < covers.length; j++) if (covers[j]) layer.data.set(covers[j] > 1 ? [...hue, 235] : [...hue, 70], 4 * j);
  }
  const context = canvas.getContext('2d');
  context.putImageData(layer, 0, 0);
  for (const { rule, box: [left, top, right, bottom] } of places) {
    for (const [wide, colour] of [[5, 'rgb(0 0 0 / .6)'], [2.5, 'rgb(240 228 66)']]) {
      Object.assign(context, { lineWidth: (wide * Math.max(width, height)) / 400, strokeStyle: colour });
      context.strokeRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
    }
    said.push(h('span', {}, h('i', { style: { background: 'rgb(240 228 66)' } }), rule));
  }
  const toggle = h('button', { type: 'button', class: 'plain', onclick: (event) => { event.stopPropagation(); canvas.hidden = !canvas.hidden; toggle.textContent = canvas.hidden ? 'show' : 'hide'; } }, 'hide');
  legend.replaceChildren(...said, toggle);
}

const percent = (share) => `${100 * share < 10 && share > 0 ? (100 * share).toFixed(1) : Math.round(100 * share)}\u00a0%`;

// Stripes, as cameras show what is burnt out: between them the picture is seen.
function striped({ width, levels }, is) {
  const covers = new Uint8Array(levels.length);
  let n = 0;
  for (let j = 0; j < levels.length; j++) {
    if (!is(levels[j])) continue;
    n++;
    covers[j] = ((j % width) + Math.floor(j / width)) % 8 < 3 ? 2 : 1;
  }
  return [n / levels.length, covers];
}

// Cells that hold edges whose steepest step from pixel to pixel is a small part of what it leads over.
function unsharp({ width, height, levels }) {
  const covers = new Uint8Array(levels.length);
  let [edges, soft] = [0, 0];
  for (let top = 0; top + CELL <= height; top += CELL) {
    for (let left = 0; left + CELL <= width; left += CELL) {
      let [low, high, step] = [255, 0, 0];
      for (let y = top; y < top + CELL; y++) {
        for (let x = left; x < left + CELL; x++) {
          const at = y * width + x;
          low = Math.min(low, levels[at]);
          high = Math.max(high, levels[at]);
          if (x + 1 < width) step = Math.max(step, Math.abs(levels[at + 1] - levels[at]));
          if (y + 1 < height) step = Math.max(step, Math.abs(levels[at + width] - levels[at]));
        }
      }
      if (high - low < 24) continue; // plain: nothing to be sharp
      edges++;
      if (step > 0.28 * (high - low)) continue;
      soft++;
      for (let y = top; y < top + CELL; y++) for (let x = left; x < left + CELL; x++) covers[y * width + x] = (x + y) % 6 < 2 ? 2 : 1;
    }
  }
  return [edges ? soft / edges : 0, covers];
}

// Rows and columns at the sides that are of the colour of the outermost one, nearly all of each.
function framed({ width, height, levels }) {
  const covers = new Uint8Array(levels.length);
  const sides = [[height, width, (d, j) => d * width + j], [height, width, (d, j) => (height - 1 - d) * width + j], [width, height, (d, j) => j * width + d], [width, height, (d, j) => j * width + width - 1 - d]];
  for (const [deep, long, at] of sides) {
    const edge = Array.from({ length: long }, (_, j) => levels[at(0, j)]).sort((a, b) => a - b)[long >> 1];
    const plain = (d) => { let far = 0; for (let j = 0; j < long; j++) far += Math.abs(levels[at(d, j)] - edge) > 12; return far <= 0.02 * long; };
    let n = 0;
    while (n < 0.45 * deep && plain(n)) n++;
    if (n >= 0.45 * deep) continue;
    for (let d = 0; d < n; d++) for (let j = 0; j < long; j++) covers[at(d, j)] = (d + j) % 8 < 3 ? 2 : 1;
  }
  return [covers.reduce((sum, v) => sum + (v > 0), 0) / covers.length, covers];
}

// One of two laid onto the other in the way that leaves the least: turned, mirrored, enlarged, moved.
const SMALL = 48;
const TURNS = [[0, 1], [1, 1], [2, 1], [3, 1], [0, -1], [1, -1], [2, -1], [3, -1]];
const TURNED = ['', 'turned by 90°', 'upside down', 'turned by 270°', 'mirrored', 'mirrored and turned by 90°', 'mirrored, upside down', 'mirrored and turned by 270°'];

function turned(source, t) {
  const [quarter, mirror] = TURNS[t];
  const [width, height] = [source.naturalWidth, source.naturalHeight];
  const canvas = h('canvas', quarter % 2 ? { width: height, height: width } : { width, height });
  const context = canvas.getContext('2d');
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarter * Math.PI) / 2);
  context.scale(mirror, 1);
  context.drawImage(source, -width / 2, -height / 2);
  return canvas;
}

// Mean difference of `small`, which lies in `large` with its corner at (left, top), both grey.
function apart(large, wide, small, width, height, left, top) {
  let [sum, mean] = [0, 0];
  for (let y = 0; y < height; y += 2) for (let x = 0; x < width; x += 2) mean += large[(top + y) * wide + left + x] - small[y * width + x];
  const n = Math.ceil(height / 2) * Math.ceil(width / 2);
  mean /= n;
  for (let y = 0; y < height; y += 2) for (let x = 0; x < width; x += 2) sum += Math.abs(large[(top + y) * wide + left + x] - small[y * width + x] - mean);
  return sum / n;
}

// Where the second, turned by t, lies in the first: {cost, box: [left, top, width, height] in shares of the first}.
function placed(large, [wide, high], second, t) {
  const canvas = turned(second, t);
  let best = { cost: Infinity };
  for (const share of [1, 0.95, 0.9, 0.84, 0.77, 0.7, 0.6, 0.5]) {
    const by = share * Math.min(wide / canvas.width, high / canvas.height);
    const sizes = share === 1 ? [[wide, high], [canvas.width * by, canvas.height * by]] : [[wide * share, high * share], [canvas.width * by, canvas.height * by]];
    for (const [width, height] of sizes.map((size) => size.map((v) => Math.max(4, Math.min(Math.round(v), 999))))) {
      if (width > wide || height > high || Math.abs(Math.log((width / height) / (canvas.width / canvas.height))) > 0.35) continue;
      const seen = pixels(canvas, width, height);
      if (!seen) return null;
      const small = luma(seen);
      for (let top = 0; top <= high - height; top++) for (let left = 0; left <= wide - width; left++) {
        const cost = apart(large, wide, small, width, height, left, top) + (t ? 0.5 : 0) + 4 * (1 - share);
        if (cost < best.cost) best = { cost, t, box: [left / wide, top / high, width / wide, height / high] };
      }
    }
  }
  return best;
}

function onto(first, second) {
  const by = SMALL / Math.max(first.naturalWidth, first.naturalHeight);
  const size = [first.naturalWidth, first.naturalHeight].map((v) => Math.max(4, Math.round(v * by)));
  const seen = pixels(first, ...size);
  if (!seen) return null;
  const large = luma(seen);
  let best = { cost: Infinity };
  for (let t = 0; t < TURNS.length; t++) {
    const found = placed(large, size, second, t);
    if (!found) return null;
    if (found.cost < best.cost) best = found;
    if (t === 0 && best.cost < 3) break;
  }
  return best;
}

function subtract(canvas, [first, second], said, figure) {
  // the smaller part lies in the larger: which that is, shows
  const [there, back] = [onto(first, second), onto(second, first)];
  if (!there || !back) { figure.hidden = true; return; }
  const swapped = back.cost < there.cost - 0.25;
  const [base, other, { t, box, cost }] = swapped ? [second, first, back] : [first, second, there];
  const by = Math.min(1, MOST / Math.max(base.naturalWidth, base.naturalHeight));
  const [width, height] = [base.naturalWidth, base.naturalHeight].map((v) => Math.max(1, Math.round(v * by)));
  const [left, top, wide, high] = [Math.round(box[0] * width), Math.round(box[1] * height), Math.max(1, Math.round(box[2] * width)), Math.max(1, Math.round(box[3] * height))];
  const [under, over] = [pixels(base, width, height), pixels(turned(other, t), wide, high)];
  if (!under || !over) { figure.hidden = true; return; }
  Object.assign(canvas, { width, height });
  const shown = new ImageData(width, height);
  let far = 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = 4 * (y * width + x);
    const [u, v] = [x - left, y - top];
    const inside = u >= 0 && v >= 0 && u < wide && v < high;
    const from = 4 * (v * wide + u);
    const d = inside ? Math.max(...[0, 1, 2].map((c) => Math.abs(under.data[at + c] - over.data[from + c]))) : 0;
    if (d > 24) far++;
    const grey = 0.35 * (0.299 * under.data[at] + 0.587 * under.data[at + 1] + 0.114 * under.data[at + 2]);
    const heat = Math.min(1, Math.max(0, (d - 8) / 72));
    shown.data.set(inside ? [grey + heat * (255 - grey), grey + heat * (150 - grey), grey * (1 - heat), 255] : [grey, grey, grey + 60, 255], at);
  }
  const context = canvas.getContext('2d');
  context.putImageData(shown, 0, 0);
  const cut = wide * high < 0.97 * width * height;
  const how = [TURNED[t], cut ? `a part, ${percent((wide * high) / (width * height))} of ${swapped ? 'the second' : 'the first'}` : ''].filter(Boolean).join(', ');
  said.replaceChildren(h('b', {}, cost > 22 ? 'no copies by their pixels' : `${percent(far / (wide * high))} differ`), how);
}
