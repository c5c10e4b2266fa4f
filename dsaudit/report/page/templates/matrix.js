// Rows are the given label, columns what was predicted; the diagonal is quiet, the rest is loud.
const matrix = {
  start() {
    const root = $('#matrix');
    if (!root || !DATA.confusion) return;
    const { classes, counts, order } = DATA.confusion;
    const sums = counts.map((row) => row.reduce((a, b) => a + b, 0));
    const share = (g, p) => (sums[g] ? counts[g][p] / sums[g] : 0);
    let worst = 0.0001;
    counts.forEach((row, g) => row.forEach((n, p) => { if (g !== p) worst = Math.max(worst, share(g, p)); }));
    if (classes.length > 30) {
      root.append(matrix.pairs(), h('details', {}, h('summary', {}, `The whole matrix of ${count(classes.length)} classes`), matrix.zoom(classes, counts, order, share, worst)));
      $('#pairs')?.closest('details').remove();
      return;
    }
    root.append(matrix.table(classes, counts, order, share, worst), matrix.ramp(worst));
    $('#pairs')?.append(matrix.pairs(20));
    dark.addEventListener('change', matrix.shade);
  },

  ramp(worst) {
    const ramp = h('i', { class: 'scale' });
    matrix.shade();
    return h('p', { class: 'small grey ramp' }, h('span', {}, 'share of the row: 0\u00a0%'), ramp, h('span', {}, `${percent(worst)}; the diagonal, where both agree, is left pale`));
  },

  // More of a row is further from the page: dark on light paper, bright on dark.
  colour(t) {
    if (dark.matches) return cividis(t);
    const part = Math.min(1, 0.2 + 1.6 * t);
    return cividis(1 - t).map((v) => Math.round(255 + part * (v - 255)));
  },

  shade() {
    requestAnimationFrame(() => {
      for (const cell of $$('#matrix button.cell:not(.diag)')) {
        const colour = matrix.colour(Number(cell.dataset.t));
        Object.assign(cell.style, { background: rgb(colour), color: inkOn(colour) });
      }
      const stops = [0, 0.25, 0.5, 0.75, 1].map((t) => rgb(matrix.colour(t))).join(',');
      for (const ramp of $$('#matrix .scale')) ramp.style.background = `linear-gradient(90deg, ${stops})`;
    });
  },

  table(classes, counts, order, share, worst) {
    const names = order.map((c) => shown(labelOf(classes[c])));
    const head = h('tr', {}, h('th', {}, h('span', { class: 'grey small' }, 'given ↓')), names.map((n) => h('th', { scope: 'col', title: n }, h('div', { class: 'col' }, h('bdi', {}, brief(n))))));
    const body = order.map((g, i) => h('tr', {}, h('th', { scope: 'row', title: names[i] }, h('bdi', {}, brief(names[i]))), order.map((p, j) => h('td', {}, matrix.cell(classes[g], classes[p], counts[g][p], share(g, p), worst, i, j)))));
    const table = h('table', { class: `matrix${classes.length > 16 ? ' many' : ''}`, 'aria-label': 'Confusion matrix: rows given, columns predicted', onkeydown: matrix.arrows },
      h('thead', {}, h('tr', {}, h('td', {}), h('th', { class: 'axis', colspan: names.length }, 'predicted →')), head), h('tbody', {}, body));
    const first = $('button.cell', table);
    if (first) first.tabIndex = 0;
    return h('div', { class: 'box fit' }, table);
  },

  cell(given, predicted, n, part, worst, i, j) {
    if (!n) return h('div', { class: `cell${given === predicted ? ' diag' : ''}` }, '0');
    const own = given === predicted;
    const words = `${shown(labelOf(given))} predicted as ${shown(labelOf(predicted))}: ${n}, ${percent(part)} of the row`;
    return h('button', { type: 'button', class: `cell${own ? ' diag' : ''}`, tabindex: '-1', title: words, 'aria-label': words, 'aria-pressed': 'false',
      'data-i': i, 'data-j': j, 'data-cell': `${given},${predicted}`, 'data-t': part / worst,
      onclick: () => matrix.open(given, predicted) }, count(n));
  },

  // The arrows jump to the next cell that holds something.
  arrows(event) {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const cell = event.target.closest('button.cell');
    if (!step || !cell) return;
    event.preventDefault();
    let [i, j] = [Number(cell.dataset.i), Number(cell.dataset.j)];
    for (let k = 0; k < DATA.confusion.classes.length; k++) {
      i += step[0];
      j += step[1];
      const next = $(`button.cell[data-i="${i}"][data-j="${j}"]`, event.currentTarget);
      if (next) { cell.tabIndex = -1; next.tabIndex = 0; next.focus(); return; }
    }
  },

  pairs(limit = Infinity) {
    const listed = DATA.pairs.slice(0, limit);
    const most = Math.max(...DATA.pairs.map((p) => p[3]), 0.0001);
    const rows = listed.map(([g, p, n, part]) => h('tr', {},
      h('th', { scope: 'row' }, h('button', { type: 'button', class: 'plain', 'data-cell': `${g},${p}`, onclick: () => matrix.open(g, p) }, text(labelOf(g)), ' → ', text(labelOf(p)))),
      h('td', { class: 'num' }, count(n)), h('td', { class: 'num' }, percent(part)),
      h('td', { class: 'rodcell' }, h('span', { class: 'rod', style: { width: `${(100 * part) / most}%` } }))));
    return h('div', { class: 'box short', tabindex: '0', role: 'region', 'aria-label': 'Confused pairs' }, h('table', {},
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Given → predicted'), h('th', { scope: 'col', class: 'num' }, 'n'), h('th', { scope: 'col', class: 'num' }, 'Share of given'), h('th', {}, ''))), h('tbody', {}, rows)));
  },

  zoom(classes, counts, order, share, worst) {
    const box = h('div', { class: 'plot', id: 'matrix-plot', style: { height: `${Math.max(420, Math.min(1080, 13 * classes.length + 116))}px`, marginTop: '16px' } }, h('p', { class: 'wait' }, 'The matrix is drawn when it comes into view.'));
    const names = order.map((c) => shown(labelOf(classes[c])));
    whenSeen(box, async () => {
      const Plotly = await plots();
      const z = order.map((g) => order.map((p) => (g === p || !counts[g][p] ? null : share(g, p))));
      const own = order.map((g) => order.map((p) => counts[g][p]));
      const scale = () => [0, 0.25, 0.5, 0.75, 1].map((t) => [t, rgb(matrix.colour(t))]);
      const trace = { type: 'heatmap', z, customdata: own, zmin: 0, zmax: worst, showscale: false, xgap: names.length > 60 ? 0 : 1, ygap: names.length > 60 ? 0 : 1, colorscale: scale(),
        hovertemplate: '%{customdata}<extra></extra>', hoverongaps: false };
      // As many names as there is room for, more of them as one zooms in.
      const ticks = (range, pixels) => {
        const [from, to] = range ? [...range].sort((a, b) => a - b) : [-0.5, names.length - 0.5];
        const step = Math.max(1, Math.ceil(((to - from) * 13) / pixels));
        const at = names.map((_, k) => k).filter((k) => k % step === 0);
        return { tickmode: 'array', tickvals: at, ticktext: at.map((k) => plain(brief(names[k]))), tickfont: { size: 10 }, showgrid: false, ticks: '' };
      };
      const sizes = () => [box.clientWidth - 144, box.clientHeight - 116];
      const corner = (text, y, yshift) => ({ text, xref: 'paper', yref: 'paper', x: 0, y, xanchor: 'right', yanchor: 'bottom', xshift: -8, yshift, showarrow: false, font: { color: cssVar('--grey'), size: 12 } });
      const layout = () => ({ ...theme(), margin: { l: 136, r: 8, t: 108, b: 8 }, dragmode: 'zoom', annotations: [corner('predicted →', 1, 84), corner('given ↓', 1, 2)],
        xaxis: { ...axis(), ...ticks(box.layout?.xaxis?.range, sizes()[0]), range: box.layout?.xaxis?.range ?? [-0.5, names.length - 0.5], side: 'top', tickangle: -90 },
        yaxis: { ...axis(), ...ticks(box.layout?.yaxis?.range, sizes()[1]), range: box.layout?.yaxis?.range ?? [names.length - 0.5, -0.5] } });
      box.replaceChildren();
      await Plotly.newPlot(box, [trace], layout(), PLOT_OPTIONS);
      box.on('plotly_click', (event) => { const { x, y } = event.points[0]; matrix.open(classes[order[y]], classes[order[x]]); });
      box.on('plotly_relayout', (change) => { if (Object.keys(change).some((key) => key.includes('range'))) Plotly.relayout(box, { 'xaxis.tickvals': ticks(box.layout.xaxis.range, sizes()[0]).tickvals, 'xaxis.ticktext': ticks(box.layout.xaxis.range, sizes()[0]).ticktext, 'yaxis.tickvals': ticks(box.layout.yaxis.range, sizes()[1]).tickvals, 'yaxis.ticktext': ticks(box.layout.yaxis.range, sizes()[1]).ticktext }); });
      followTheme(() => Plotly.update(box, { colorscale: [scale()] }, layout()));
    });
    return h('div', {}, h('p', { class: 'small grey', style: { marginTop: '12px' } }, 'Drag over the matrix to zoom, double-click to see all of it, click a cell for its items.'), box);
  },

  open(given, predicted, { item = null } = {}) {
    const { given: g, predicted: p } = DATA.items;
    const rows = [];
    for (let k = 0; k < g.length; k++) if (g[k] === given && p?.[k] === predicted) rows.push({ k, f: null });
    if (DATA.top.length) rows.sort((a, b) => ownShare(a.k) - ownShare(b.k));
    $$('#matrix [aria-pressed]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.cell === `${given},${predicted}`));
    const [gi, pi] = [DATA.confusion.classes.indexOf(given), DATA.confusion.classes.indexOf(predicted)];
    const total = DATA.confusion.counts[gi]?.[pi] ?? rows.length;
    const same = given === predicted;
    const line = h('span', {}, h('b', {}, text(labelOf(given))), same ? ' rightly predicted' : [' predicted as ', h('b', {}, text(labelOf(predicted)))], `: ${nounFor(total)}${rows.length < total ? `, ${count(rows.length)} of them known to this page` : ''}, the least certain of its label first`);
    const at = item === null ? 0 : rows.findIndex((r) => DATA.items.id[r.k] === item);
    drawer.show(rows, { said: line, at });
    state.write({ cell: [labelOf(given), labelOf(predicted)], rule: null, class: null, list: null, item });
  },
};

function ownShare(k) {
  const top = DATA.top[k] || [];
  for (let j = 0; j < top.length; j += 2) if (top[j] === DATA.items.given[k]) return top[j + 1];
  return 0;
}
