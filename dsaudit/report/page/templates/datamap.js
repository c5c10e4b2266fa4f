// The data map: how sure training was of each given label (up), and how much that changed (right).
let datamap = null;

function startDatamap() {
  const { confidence = [], variability = [] } = DATA.items;
  if (!DATA.regions) return;
  const [hard, ambiguous] = DATA.regions;
  const regions = ['hard to learn', 'ambiguous', 'easy'];
  const region = (k) => (variability[k] >= ambiguous ? 1 : confidence[k] < hard ? 0 : 2);
  const widest = 1.08 * variability.reduce((most, v) => Math.max(most, v ?? 0), 1.5 * ambiguous);
  const places = [[0.02 * widest, 0.03, 'left', 'bottom'], [0.98 * widest, 0.5, 'right', 'middle'], [0.02 * widest, 1, 'left', 'top']];

  function list(map, r) {
    const items = map.points.filter((k) => region(k) === r);
    // the least believed first; of the ambiguous, what wavered most
    items.sort((a, b) => (r === 1 ? variability[b] - variability[a] : confidence[a] - confidence[b]) || a - b);
    map.select(items, `${nounFor(items.length)} ${regions[r]}, ${r === 1 ? 'what wavered most' : 'the least believed'} first`);
  }

  datamap = new PointMap({
    name: 'datamap', x: variability, y: confidence, modes: ['doubt', 'finding', 'given', 'split'], keyed: true,
    more() {
      const n = [0, 0, 0];
      this.points.forEach((k) => { n[region(k)] += 1; });
      return h('span', { class: 'seg', role: 'group', 'aria-label': 'List a region' }, regions.map((name, r) => h('button', { type: 'button', 'data-region': r, disabled: !n[r], onclick: () => list(this, r) }, `List ${name} `, h('b', {}, count(n[r])))));
    },
    written: () => places.map(([x, y, xanchor, yanchor], r) => ({ x, y, xanchor, yanchor, text: `<b>${regions[r]}</b>`, showarrow: false, font: { size: 14, color: cssVar('--ink') }, bgcolor: cssVar('--raised'), opacity: 0.9, borderpad: 3 })),
    axes() {
      const line = { color: cssVar('--strong'), width: 1, dash: 'dot' };
      return {
        margin: { l: 52, r: 8, t: 8, b: 56 },
        xaxis: { ...axis(), range: [-0.02 * widest, widest], nticks: 6, title: { text: 'variability over epochs', standoff: 8 } },
        yaxis: { ...axis(), range: [-0.03, 1.03], dtick: 0.25, title: { text: 'confidence in the given label', standoff: 8 } },
        shapes: [{ type: 'line', x0: ambiguous, x1: ambiguous, y0: -0.03, y1: 1.03, line, layer: 'below' }, { type: 'line', x0: -0.02 * widest, x1: ambiguous, y0: hard, y1: hard, line, layer: 'below' }],
      };
    },
  });
  datamap.start();
}
