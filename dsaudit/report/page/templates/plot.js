// Plotly is unpacked when the first plot comes into view: the page itself opens at once.
const PLOT_OPTIONS = { displaylogo: false, showTips: false, responsive: true, displayModeBar: false, scrollZoom: false, doubleClick: 'reset' };
let plotly = null;

function plots() {
  plotly ??= unpack($('#plotly')).then((source) => {
    const script = document.createElement('script');
    script.textContent = source;
    document.head.append(script);
    return window.Plotly;
  });
  return plotly;
}

function whenSeen(element, act) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    observer.disconnect();
    act();
  }, { rootMargin: '300px' });
  observer.observe(element);
}

// Plotly reads a little markup in its texts; a class name must not be read as such.
const plain = (name) => shown(name).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const theme = () => ({ paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { color: cssVar('--ink'), family: 'system-ui, sans-serif', size: 12 }, showlegend: false });
const axis = () => ({ gridcolor: cssVar('--line'), zeroline: false, linecolor: cssVar('--line') });
function followTheme(act) { dark.addEventListener('change', act); }

const OKABE_ITO = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#8C7A00', '#7A68B3', '#4E9A9A', '#A0522D', '#5B7F2B', '#B05C8C'];
const colourAt = (k) => (k < OKABE_ITO.length ? OKABE_ITO[k] : `hsl(${Math.round((k * 137.508) % 360)}, 52%, 54%)`);
const MOST_DOTS = 4000; // drawn without WebGL, whose code the page's policy would have to let be made up as it goes

// At most so many of the points: those with a finding or a doubt first, and evenly of the others.
function thinned(points, most = MOST_DOTS) {
  if (points.length <= most) return points;
  const every = (some, n) => (some.length > n ? some.filter((_, j) => Math.floor((j * n) / some.length) !== Math.floor(((j - 1) * n) / some.length)) : some);
  const marked = every(points.filter((k) => DATA.byItem.has(k) || DATA.doubt[k]), most / 2);
  const known = new Set(marked);
  return [...every(points.filter((k) => !known.has(k)), most - marked.length), ...marked];
}

// Whether a place is in the loop or the box that was drawn.
function within({ lassoPoints: loop, range }, x, y) {
  if (!loop) return range.x[0] <= x && x <= range.x[1] && range.y[0] <= y && y <= range.y[1];
  let inside = false;
  for (let j = 0, i = loop.x.length - 1; j < loop.x.length; i = j++) {
    if (loop.y[j] > y !== loop.y[i] > y && x < ((loop.x[i] - loop.x[j]) * (y - loop.y[j])) / (loop.y[i] - loop.y[j]) + loop.x[j]) inside = !inside;
  }
  return inside;
}

// Codes as categories, the most frequent first.
function byCount(points, codes, names) {
  const n = new Map();
  for (const k of points) n.set(codes[k], (n.get(codes[k]) || 0) + 1);
  const order = [...n.keys()].filter((c) => c >= 0).sort((a, b) => n.get(b) - n.get(a) || a - b);
  const rank = new Map(order.map((c, j) => [c, j]));
  return { of: (k) => (rank.has(codes[k]) ? rank.get(codes[k]) : -1), names: order.map(names), n: order.map((c) => n.get(c)), colour: colourAt };
}

function bySeverity(points) {
  const severities = ['error', 'warning', 'info'];
  const worst = (k) => Math.min(...(DATA.byItem.get(k) || []).map((f) => severities.indexOf(DATA.rules[DATA.findings[f][0]].severity)), 9);
  return { of: (k) => (worst(k) < 9 ? worst(k) : -1), names: severities, n: severities.map((_, s) => points.filter((k) => worst(k) === s).length), colour: (s) => ['#D55E00', '#E69F00', '#56B4E9'][s] };
}

// What an item can be coloured by on any map: [mode, name, categories of the points], and whether the data has it.
const COLOURS = {
  given: ['given label', (points) => byCount(points, DATA.items.given, (c) => DATA.labels[c])],
  predicted: ['predicted label', (points) => byCount(points, DATA.items.predicted, (c) => DATA.labels[c]), () => DATA.items.predicted],
  finding: ['finding', bySeverity],
  split: ['split', (points) => byCount(points, DATA.items.split, (c) => DATA.splits[c]), () => DATA.splits.length > 1],
  cluster: ['cluster', (points) => {
    const known = new Map(DATA.clusters.map(([c, , labels, terms]) => [c, terms?.length ? terms.join(', ') : labels.map((l) => l[0]).slice(0, 2).join(' + ')]));
    return byCount(points, DATA.items.cluster, (c) => known.get(c) || `cluster ${c}`);
  }, () => DATA.items.cluster],
  doubt: ['doubtful label', (points) => {
    const kinds = ['wrong', 'ambiguous', 'off-topic'];
    const of = (k) => kinds.indexOf(DATA.doubt[k]?.[1]);
    return { of, names: kinds, n: kinds.map((_, c) => points.filter((k) => of(k) === c).length), colour: (c) => ['#D55E00', '#E69F00', '#CC79A7'][c] };
  }, () => Object.keys(DATA.doubt).length > 0],
};

// Points of items: hover shows and plays, a loop lists. Where they lie and what is written among them is said by `options`:
// name (id of the elements), x, y (column per item), modes, hint, looped, and maybe written(map) and axes().
class PointMap {
  constructor(options) {
    Object.assign(this, options);
    this.points = [];
    this.dots = [];
    this.box = null;
  }

  start() {
    const root = $(`#${this.name}`);
    if (!root) return;
    for (let k = 0; k < this.x.length; k++) if (this.x[k] !== null && this.y[k] !== null) this.points.push(k);
    this.dots = thinned(this.points);
    this.modes = this.modes.filter((mode) => (COLOURS[mode][2] ? COLOURS[mode][2]() : true));
    [this.mode] = this.modes;
    this.buttons = this.modes.map((mode) => h('button', { type: 'button', 'aria-pressed': mode === this.mode, 'data-mode': mode, onclick: () => this.colour(mode) }, COLOURS[mode][0]));
    this.tools = [['lasso', 'Loop'], ['pan', 'Move'], ['zoom', 'Zoom']].map(([mode, name], j) => h('button', { type: 'button', 'aria-pressed': j === 0, onclick: () => this.tool(mode), 'data-tool': mode }, name));
    this.hoverPlays = h('input', { type: 'checkbox' });
    this.box = h('div', { class: 'plot points', id: `${this.name}-plot` }, h('p', { class: 'wait' }, 'The map is drawn when it comes into view.'));
    this.side = h('div', { class: 'card', 'aria-live': 'off' }, h('p', { class: 'grey' }, matchMedia('(pointer: coarse)').matches ? `Tap a dot: it is ${DATA.noun[3]} here.` : page.plays ? 'Point at a dot to see it, click to hear it.' : `Point at a dot: it is ${DATA.noun[3]} here.`));
    this.key = h('p', { class: 'keyline' });
    root.append(h('div', { class: 'controls' }, h('span', { class: 'grey small' }, 'Colour by'), h('span', { class: 'seg', role: 'group', 'aria-label': 'Colour by' }, this.buttons),
      h('span', { class: 'seg', role: 'group', 'aria-label': 'Tool' }, this.tools), page.plays && h('label', { class: 'small' }, this.hoverPlays, ' play on hover'),
      this.more ? this.more() : h('button', { type: 'button', onclick: () => this.select(this.points) }, 'List all')), this.key, h('div', { class: 'mapgrid' }, this.box, this.side));
    whenSeen(this.box, () => this.draw());
  }

  paint() {
    const found = COLOURS[this.mode][1](this.points);
    const quiet = cssVar('--strong');
    const n = this.points.length;
    const size = n > 20000 ? 3 : n > 4000 ? 4 : n > 600 ? 6 : 8;
    const of = this.dots.map(found.of);
    // the coloured ones lie over the quiet ones
    const order = of.map((_, j) => j).sort((a, b) => (of[a] >= 0) - (of[b] >= 0) || a - b);
    this.dots = order.map((j) => this.dots[j]);
    const colours = order.map((j) => (of[j] < 0 ? quiet : found.colour(of[j])));
    const trace = { type: 'scatter', mode: 'markers', x: this.dots.map((k) => this.x[k]), y: this.dots.map((k) => this.y[k]), hoverinfo: 'none',
      marker: { size, opacity: n > 4000 ? 0.55 : 0.8, color: colours, line: { width: 0 } }, unselected: { marker: { opacity: 0.15 } } };
    const keyed = this.keyed || this.mode === 'split' || this.mode === 'finding' || this.mode === 'doubt';
    const entry = (colour, ...words) => h('span', {}, h('i', { style: { background: colour } }), words);
    const named = found.names.slice(0, 12).map((name, c) => entry(found.colour(c), text(name), ` ${count(found.n[c])}`));
    if (found.names.length > 12) named.push(h('span', { class: 'grey' }, `and ${count(found.names.length - 12)} more`));
    const fewer = this.dots.length < n ? [h('span', { class: 'grey' }, `${count(this.dots.length)} of ${count(n)} are drawn; a loop lists them all`)] : [];
    this.key.hidden = !keyed && !fewer.length;
    this.key.replaceChildren(...fewer, ...(keyed ? [...named, of.some((c) => c < 0) ? entry(quiet, this.mode === 'doubt' ? 'not doubted' : 'none') : ''] : []));
    return { trace, annotations: this.written ? this.written(this) : keyed ? [] : this.names(order.map((j) => of[j]), found) };
  }

  // Each name is written where its points are densest, the largest first; one that would cover another is left out.
  names(of, found) {
    const xs = this.dots.map((k) => this.x[k]);
    const ys = this.dots.map((k) => this.y[k]);
    const range = (v) => { let a = Infinity; let b = -Infinity; for (const t of v) { a = Math.min(a, t); b = Math.max(b, t); } return [a, b - a || 1]; };
    const [x0, dx] = range(xs);
    const [y0, dy] = range(ys);
    const grid = 24;
    const cells = found.names.map(() => new Map());
    of.forEach((c, j) => {
      if (c < 0) return;
      const key = Math.floor(((xs[j] - x0) / dx) * grid) * 100 + Math.floor(((ys[j] - y0) / dy) * grid);
      const cell = cells[c].get(key) || [0, 0, 0];
      cell[0] += 1; cell[1] += xs[j]; cell[2] += ys[j];
      cells[c].set(key, cell);
    });
    const { width, height } = this.box.getBoundingClientRect();
    const taken = [];
    const notes = [];
    found.names.forEach((name, c) => {
      if (notes.length >= 24 || !cells[c].size) return;
      const best = [...cells[c].values()].reduce((a, b) => (b[0] > a[0] ? b : a));
      const [px, py] = [best[1] / best[0], best[2] / best[0]];
      const all = Array.from(shown(name));
      const short = all.length > 22 ? `${all.slice(0, 21).join('')}…` : all.join('');
      const [sx, sy, w] = [((px - x0) / dx) * width, ((py - y0) / dy) * height, short.length * 8 + 12];
      if (taken.some(([tx, ty, tw]) => Math.abs(tx - sx) < (tw + w) / 2 && Math.abs(ty - sy) < 20)) return;
      taken.push([sx, sy, w]);
      notes.push({ x: px, y: py, text: plain(short), showarrow: false, bgcolor: cssVar('--raised'), opacity: 0.92, borderpad: 2, bordercolor: found.colour(c), borderwidth: 1.5, font: { size: 12, color: cssVar('--ink') } });
    });
    return notes;
  }

  layout(annotations) {
    const bare = { showgrid: false, zeroline: false, showticklabels: false, ticks: '' };
    const axes = this.axes ? this.axes() : { margin: { l: 4, r: 4, t: 4, b: 4 }, xaxis: bare, yaxis: { ...bare, scaleanchor: null } };
    return { ...theme(), dragmode: this.dragmode || (matchMedia('(pointer: coarse)').matches ? 'pan' : 'lasso'), hovermode: 'closest', hoverdistance: 12, annotations, uirevision: 'map', selectionrevision: this.mode, ...axes };
  }

  async draw() {
    const Plotly = await plots();
    const { trace, annotations } = this.paint();
    this.box.replaceChildren();
    await Plotly.newPlot(this.box, [trace], this.layout(annotations), PLOT_OPTIONS);
    this.drawn = true;
    this.box.on('plotly_hover', (event) => this.hover(this.dots[event.points[0].pointIndex]));
    this.box.on('plotly_click', (event) => { const k = this.dots[event.points[0].pointIndex]; this.hover(k, { playing: false }); toggle(k); });
    this.box.on('plotly_selected', (event) => {
      if (!event?.lassoPoints && !event?.range) return;
      const inside = this.points.filter((k) => within(event, this.x[k], this.y[k]));
      if (inside.length) this.select(inside);
    });
    followTheme(() => this.repaint());
  }

  async repaint() {
    if (!this.drawn) return;
    const Plotly = await plots();
    const { trace, annotations } = this.paint();
    await Plotly.react(this.box, [trace], this.layout(annotations), PLOT_OPTIONS);
  }

  colour(mode) {
    this.mode = mode;
    this.buttons.forEach((b) => b.setAttribute('aria-pressed', b.dataset.mode === mode));
    return this.repaint();
  }

  async tool(mode) {
    this.dragmode = mode;
    this.tools.forEach((b) => b.setAttribute('aria-pressed', b.dataset.tool === mode));
    if (this.drawn) (await plots()).relayout(this.box, { dragmode: mode });
  }

  hover(k, { playing = true } = {}) {
    if (this.shown !== k) { this.shown = k; this.side.replaceChildren(card(k, { choose: (j) => this.hover(j, { playing: false }) })); }
    if (playing && this.hoverPlays.checked) play(k);
  }

  select(items, said = `${nounFor(items.length)} in the loop`) {
    state.write({ rule: null, class: null, cell: null, list: null, item: null });
    drawer.show(items.map((k) => ({ k, f: null })), { said });
    say(`${nounFor(items.length)} selected`);
  }
}
