// How much would another number of reviews bring? A point that moves along the expected-yield curve.
function startYield() {
  const root = $('#yield');
  const svg = $('#sec-cut svg.wide');
  if (!root || !svg || DATA.curve.length < 2) return;
  const [left, right, xTop, top, bottom, yTop] = svg.dataset.scale.split(' ').map(Number);
  const last = Math.floor(DATA.curve.at(-1)[0]);
  const cut = DATA.lists.cut?.[1] || Math.round(last / 2);
  const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  dot.setAttribute('class', 'now');
  dot.setAttribute('r', '5');
  dot.setAttribute('visibility', 'hidden');
  svg.append(dot);
  const words = h('output', { class: 'small' });
  const slider = h('input', { type: 'range', min: 1, max: last, value: cut, 'aria-label': 'Number of reviews', oninput: show });
  root.append(h('div', { class: 'controls' }, slider, words));

  function at(n) {
    const k = DATA.curve.findIndex((p) => p[0] >= n);
    const after = DATA.curve[k < 0 ? DATA.curve.length - 1 : k];
    const before = k > 0 ? DATA.curve[k - 1] : [0, 0, 0, 0];
    const part = after[0] > before[0] ? Math.min(1, (n - before[0]) / (after[0] - before[0])) : 1;
    return after.map((v, j) => before[j] + part * (v - before[j]));
  }

  function show() {
    const n = Number(slider.value);
    const [, expected, low, high] = at(n);
    const said = `${count(n)} reviews: expect ${count(Math.round(expected))} (95\u00a0% ${count(Math.max(0, Math.round(low)))}–${count(Math.round(high))}) to be wrong, ${percent(expected / n)}`;
    words.textContent = said;
    slider.setAttribute('aria-valuetext', said);
    dot.setAttribute('cx', left + ((right - left) * n) / xTop);
    dot.setAttribute('cy', bottom - ((bottom - top) * expected) / yTop);
    dot.setAttribute('visibility', 'visible');
  }
  words.textContent = 'Move to see what another number of reviews would bring.';
}
