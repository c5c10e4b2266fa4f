// The confusion matrix while it is learned: one epoch at a time, on one scale, so that it is seen to cool down.
function startEpochs() {
  const root = $('#epochs');
  if (!root || !DATA.epochs) return;
  const { classes, total, at, counts, sums } = DATA.epochs;
  const names = classes.map((c) => shown(labelOf(c)));
  const cells = classes.map((g) => classes.map((p) => h('div', { class: `cell${g === p ? ' diag' : ''}` })));
  const slider = h('input', { type: 'range', min: 0, max: at.length - 1, value: at.length - 1, 'aria-label': 'Epoch', class: 'grow', oninput: () => show(Number(slider.value)) });
  const words = h('output', { class: 'grow', 'aria-live': 'polite' });
  const table = h('table', { class: `matrix${classes.length > 12 ? ' many' : ''}`, 'aria-label': 'Confusion matrix of one epoch: rows given, columns predicted' },
    h('thead', {}, h('tr', {}, h('td', {}), h('th', { class: 'axis', colspan: names.length }, 'predicted →')), h('tr', {}, h('th', {}, h('span', { class: 'grey small' }, 'given ↓')), names.map((n) => h('th', { scope: 'col', title: n }, h('div', { class: 'col' }, h('bdi', {}, brief(n))))))),
    h('tbody', {}, names.map((n, i) => h('tr', {}, h('th', { scope: 'row', title: n }, h('bdi', {}, brief(n))), cells[i].map((cell) => h('td', {}, cell))))));
  const worst = h('ol', { class: 'worst' });
  const which = classes.length < total ? `, the ${count(classes.length)} most confused of ${count(total)} classes` : '';

  function show(step) {
    const matrix_ = counts[step];
    const pairs = [];
    slider.setAttribute('aria-valuetext', `epoch ${at[step]}`);
    words.replaceChildren(`Epoch ${at[step]} of ${at.at(-1)}: ${percent(DATA.epochs.accuracy[step])} right on the validation part${which}`);
    matrix_.forEach((row, i) => row.forEach((n, j) => {
      const part = sums[step][i] ? n / sums[step][i] : 0;
      const cell = cells[i][j];
      cell.textContent = count(n);
      cell.title = `${names[i]} predicted as ${names[j]}: ${count(n)}, ${percent(part)} of the row`;
      if (i === j) { cell.style.color = n ? 'var(--grey)' : 'transparent'; return; }
      const colour = matrix.colour(Math.min(1, part / 0.3));
      if (n) pairs.push([n, part, i, j]);
      Object.assign(cell.style, n ? { background: rgb(colour), color: inkOn(colour) } : { background: '', color: 'transparent' });
    }));
    pairs.sort((a, b) => b[0] - a[0] || b[1] - a[1]);
    worst.replaceChildren(...pairs.slice(0, 8).map(([n, part, i, j]) => h('li', {}, h('bdi', { class: 'name' }, names[i]), ` ${DATA.noun[2]} `, h('bdi', { class: 'name' }, names[j]), ` ${count(n)} time${n === 1 ? '' : 's'} `, h('span', { class: 'grey' }, percent(part)))));
    if (!pairs.length) worst.append(h('li', {}, 'nothing'));
  }

  root.append(h('h3', {}, 'What is confused, epoch by epoch'), h('div', { class: 'controls' }, slider, words),
    h('div', { class: 'matrixgrid' }, h('div', { class: 'box fit', tabindex: '0', role: 'region', 'aria-label': 'Confusions by epoch' }, table), h('div', {}, h('h4', {}, 'Most often in this epoch'), worst)));
  show(at.length - 1);
  dark.addEventListener('change', () => requestAnimationFrame(() => show(Number(slider.value))));
}
