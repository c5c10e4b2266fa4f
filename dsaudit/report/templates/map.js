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

const map = {
  mode: 'given',
  points: [],
  pane: null,
  box: null,
  hoverPlays: null,
  webgl: (() => { try { return Boolean(document.createElement('canvas').getContext('webgl')); } catch { return false; } })(),

  start() {
    const root = $('#map');
    if (!root || !DATA.items.x) return;
    const { x, y } = DATA.items;
    for (let k = 0; k < x.length; k++) if (x[k] !== null && y[k] !== null) map.points.push(k);
    if (!map.webgl && map.points.length > 4000) map.points = map.points.filter((_, j) => j % Math.ceil(map.points.length / 4000) === 0);
    const modes = [['given', 'given label'], ['predicted', 'predicted label', DATA.items.predicted], ['finding', 'finding'], ['split', 'split', DATA.splits.length > 1], ['cluster', 'cluster']].filter((m) => m[2] !== undefined ? m[2] : true);
    map.buttons = modes.map(([mode, name]) => h('button', { type: 'button', 'aria-pressed': mode === map.mode, 'data-mode': mode, onclick: () => map.colour(mode) }, name));
    map.tools = [['lasso', 'Loop'], ['pan', 'Move'], ['zoom', 'Zoom']].map(([mode, name], j) => h('button', { type: 'button', 'aria-pressed': j === 0, onclick: () => map.tool(mode), 'data-tool': mode }, name));
    map.hoverPlays = h('input', { type: 'checkbox' });
    map.box = h('div', { class: 'plot', id: 'map-plot' }, h('p', { class: 'wait' }, 'The map is drawn when it comes into view.'));
    map.side = h('div', { class: 'card', 'aria-live': 'off' }, h('p', { class: 'grey' }, 'Point at a dot to see it, click to hear it.'));
    map.key = h('p', { class: 'keyline' });
    root.append(h('div', { class: 'controls' }, h('span', { class: 'grey small' }, 'Colour by'), h('span', { class: 'seg', role: 'group', 'aria-label': 'Colour by' }, map.buttons),
      h('span', { class: 'seg', role: 'group', 'aria-label': 'Tool' }, map.tools), h('label', { class: 'small' }, map.hoverPlays, ' play on hover'),
      h('button', { type: 'button', onclick: () => map.select(map.points) }, 'List all')), map.key, h('div', { class: 'mapgrid' }, map.box, map.side));
    map.pane = new Pane($('#map-pane'), { label: 'Items in the loop', exports: true });
    whenSeen(map.box, map.draw);
  },

  categories() {
    const { given, predicted, split, cluster } = DATA.items;
    const byCount = (codes, names) => {
      const n = new Map();
      for (const k of map.points) n.set(codes[k], (n.get(codes[k]) || 0) + 1);
      const order = [...n.keys()].filter((c) => c >= 0).sort((a, b) => n.get(b) - n.get(a) || a - b);
      const rank = new Map(order.map((c, j) => [c, j]));
      return { of: (k) => (rank.has(codes[k]) ? rank.get(codes[k]) : -1), names: order.map(names), n: order.map((c) => n.get(c)), colour: colourAt };
    };
    if (map.mode === 'given') return byCount(given, (c) => DATA.labels[c]);
    if (map.mode === 'predicted') return byCount(predicted, (c) => DATA.labels[c]);
    if (map.mode === 'split') return byCount(split, (c) => DATA.splits[c]);
    if (map.mode === 'cluster') {
      const known = new Map(DATA.clusters.map(([c, , labels]) => [c, labels.map((l) => l[0]).slice(0, 2).join(' + ')]));
      return byCount(cluster, (c) => known.get(c) || `cluster ${c}`);
    }
    const severities = ['error', 'warning', 'info'];
    const worst = (k) => Math.min(...(DATA.byItem.get(k) || []).map((f) => severities.indexOf(DATA.rules[DATA.findings[f][0]].severity)), 9);
    return { of: (k) => (worst(k) < 9 ? worst(k) : -1), names: severities, n: severities.map((_, s) => map.points.filter((k) => worst(k) === s).length), colour: (s) => ['#D55E00', '#E69F00', '#56B4E9'][s] };
  },

  paint() {
    const found = map.categories();
    const quiet = cssVar('--strong');
    const { x, y } = DATA.items;
    const n = map.points.length;
    const size = n > 20000 ? 3 : n > 4000 ? 4 : n > 600 ? 6 : 8;
    const of = map.points.map(found.of);
    const trace = { type: map.webgl ? 'scattergl' : 'scatter', mode: 'markers', x: map.points.map((k) => x[k]), y: map.points.map((k) => y[k]), hoverinfo: 'none',
      marker: { size, opacity: n > 4000 ? 0.55 : 0.8, color: of.map((c) => (c < 0 ? quiet : found.colour(c))), line: { width: 0 } },
      unselected: { marker: { opacity: 0.15 } } };
    const written = map.mode === 'split' || map.mode === 'finding';
    map.key.hidden = !written;
    map.key.replaceChildren(...(written ? [...found.names.map((name, c) => h('span', {}, h('i', { style: { background: found.colour(c) } }), text(name), ` ${count(found.n[c])}`)), h('span', {}, h('i', { style: { background: quiet } }), 'none')] : []));
    return { trace, annotations: written ? [] : map.names(of, found) };
  },

  // Each name is written where its points are densest, the largest first; one that would cover another is left out.
  names(of, found) {
    const { x, y } = DATA.items;
    const xs = map.points.map((k) => x[k]);
    const ys = map.points.map((k) => y[k]);
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
    const { width, height } = map.box.getBoundingClientRect();
    const taken = [];
    const notes = [];
    found.names.forEach((name, c) => {
      if (notes.length >= 40 || !cells[c].size) return;
      const best = [...cells[c].values()].reduce((a, b) => (b[0] > a[0] ? b : a));
      const [px, py] = [best[1] / best[0], best[2] / best[0]];
      const short = Array.from(shown(name)).slice(0, 22).join('');
      const [sx, sy, w] = [((px - x0) / dx) * width, ((py - y0) / dy) * height, short.length * 8 + 12];
      if (taken.some(([tx, ty, tw]) => Math.abs(tx - sx) < (tw + w) / 2 && Math.abs(ty - sy) < 20)) return;
      taken.push([sx, sy, w]);
      notes.push({ x: px, y: py, text: plain(short), showarrow: false, bgcolor: cssVar('--raised'), opacity: 0.92, borderpad: 2, bordercolor: found.colour(c), borderwidth: 1.5, font: { size: 12, color: cssVar('--ink') } });
    });
    return notes;
  },

  layout(annotations) {
    const bare = { showgrid: false, zeroline: false, showticklabels: false, ticks: '' };
    return { ...theme(), margin: { l: 4, r: 4, t: 4, b: 4 }, dragmode: map.dragmode || (matchMedia('(pointer: coarse)').matches ? 'pan' : 'lasso'), hovermode: 'closest', hoverdistance: 12, xaxis: { ...bare }, yaxis: { ...bare, scaleanchor: null }, annotations, uirevision: 'map' };
  },

  async draw() {
    const Plotly = await plots();
    const { trace, annotations } = map.paint();
    map.box.replaceChildren();
    await Plotly.newPlot(map.box, [trace], map.layout(annotations), PLOT_OPTIONS);
    map.drawn = true;
    map.box.on('plotly_hover', (event) => map.hover(map.points[event.points[0].pointIndex]));
    map.box.on('plotly_click', (event) => { const k = map.points[event.points[0].pointIndex]; map.hover(k, { play: false }); player.toggle(k); });
    map.box.on('plotly_selected', (event) => { if (event?.points?.length) map.select(event.points.map((p) => map.points[p.pointIndex])); });
    followTheme(map.repaint);
  },

  async repaint() {
    if (!map.drawn) return;
    const Plotly = await plots();
    const { trace, annotations } = map.paint();
    await Plotly.react(map.box, [trace], map.layout(annotations), PLOT_OPTIONS);
  },

  colour(mode) {
    map.mode = mode;
    map.buttons.forEach((b) => b.setAttribute('aria-pressed', b.dataset.mode === mode));
    return map.repaint();
  },

  async tool(mode) {
    map.dragmode = mode;
    map.tools.forEach((b) => b.setAttribute('aria-pressed', b.dataset.tool === mode));
    if (map.drawn) (await plots()).relayout(map.box, { dragmode: mode });
  },

  hover(k, { play = true } = {}) {
    if (map.shown !== k) { map.shown = k; map.side.replaceChildren(card(k, { choose: (j) => map.hover(j, { play: false }) })); }
    if (play && map.hoverPlays.checked) player.play(k);
  },

  select(items) {
    $('#map-pane').hidden = false;
    map.pane.show(items.map((k) => ({ k, f: null })), { said: `${nounFor(items.length)} in the loop` });
    activePane = map.pane;
    say(`${nounFor(items.length)} selected`);
  },
};
