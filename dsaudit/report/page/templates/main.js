// Findings, filters, keys, and the start of it all.
const findings = {
  pane: null,

  start() {
    const root = $('#findings-pane');
    if (!root) return;
    findings.query = h('input', { type: 'search', class: 'grow', placeholder: 'search names, labels, reasons', 'aria-label': 'Search the findings', oninput: () => findings.show() });
    findings.byClass = h('select', { 'aria-label': 'Class', onchange: () => state.write({ class: findings.byClass.value, item: null, list: null }) || findings.show() },
      h('option', { value: '' }, 'every class'), DATA.labels.map((name) => h('option', { value: name }, shown(name))));
    root.before(h('div', { class: 'controls' }, findings.byClass, findings.query));
    findings.advice = h('p', { class: 'lead small', hidden: true });
    root.before(findings.advice);
    findings.pane = new Pane(root, { label: 'Findings', exports: true });
    $$('.chips [data-rule]').forEach((b) => b.addEventListener('click', () => { state.write({ rule: b.dataset.rule, item: null, cell: null, list: null }); findings.show(); }));
    findings.show();
  },

  show({ item = null } = {}) {
    if (!findings.pane) return;
    const { rule = '', class: name = '' } = state.read();
    $$('.chips [data-rule]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.rule === rule));
    findings.byClass.value = name;
    const wanted = name ? DATA.labels.indexOf(name) : -1;
    const query = findings.query.value.trim().toLowerCase();
    const rows = [];
    DATA.findings.forEach((f, j) => {
      if (rule && DATA.rules[f[0]].code !== rule) return;
      const k = f[1].length ? f[1][0] : null;
      if (name && !f[1].some((i) => DATA.items.given[i] === wanted) && f[7] !== name) return;
      if (query && !`${k === null ? '' : DATA.items.id[k]} ${f[4]} ${f[7]} ${labelOf(f[5]) ?? ''} ${k === null ? '' : labelOf(DATA.items.given[k]) ?? ''}`.toLowerCase().includes(query)) return;
      rows.push({ k, f: j });
    });
    const one = DATA.rules.find((r) => r.code === rule);
    const total = one ? DATA.n_by_code[one.code] ?? 0 : Object.values(DATA.n_by_code).reduce((sum, n) => sum + n, 0);
    const some = total > rows.length && !name && !query;
    const at = item === null ? 0 : Math.max(0, rows.findIndex((r) => r.k !== null && DATA.items.id[r.k] === item));
    findings.advice.hidden = !one;
    if (one) findings.advice.replaceChildren(one.summary, ' ', one.todo, ' ', h('button', { type: 'button', class: 'plain', onclick: () => { const page = document.getElementById(`rule-${one.code}`); $('#sec-rules').open = true; page.open = true; page.scrollIntoView(); } }, 'More on this check'));
    findings.pane.show(rows, { said: `${count(rows.length)}${some ? ` of ${count(total)}` : ''} finding${rows.length === 1 ? '' : 's'}${one ? ` of ${one.name}` : ''}${some ? ' (the rest are in findings.parquet)' : ''}${name ? ` in ${shown(name)}` : ''}, the worst first`, at, empty: 'No finding matches. Clear the search or choose another check.' });
  },
};

function follow() {
  const { rule, class: name, cell, item, list } = state.read();
  if (list && lists.open(list, { item: item ?? null })) return;
  if (cell && cell.length === 2 && matrix.pane) {
    const codes = cell.map((c) => DATA.labels.indexOf(c));
    if (codes.every((c) => c >= 0)) { matrix.open(...codes, { item: item ?? null }); return; }
  }
  if (rule === undefined && name === undefined && item === undefined) return;
  const k = item === undefined ? -1 : DATA.items.id.indexOf(item);
  if (k >= 0 && !(DATA.byItem.get(k) || []).length && map.pane) {
    map.select([k]);
    $('#map-pane').scrollIntoView();
    return;
  }
  findings.show({ item: item ?? null });
  if (findings.pane) {
    activePane = findings.pane;
    $('#sec-findings').scrollIntoView();
    findings.pane.list.focus({ preventScroll: true });
  }
}

function keys(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.('input:not([type=checkbox]), select, textarea');
  if (event.key === 'Escape' && typing) { event.target.blur(); return; }
  if (typing || $('#keys').open) return;
  const pane = activePane && !activePane.list.closest('[hidden]') ? activePane : findings.pane;
  if (event.key === '?') $('#keys').showModal();
  else if (event.key === '/' && findings.query) { $('#sec-findings').scrollIntoView(); findings.query.focus({ preventScroll: true }); }
  else if (event.key === 'j' && pane) pane.go(pane.at + 1);
  else if (event.key === 'k' && pane) pane.go(pane.at - 1);
  else if (event.key === ' ' && pane && !event.target.closest?.('button, a, summary, input')) pane.toggle();
  else return;
  event.preventDefault();
}

function sortable(table) {
  const heads = $$('thead th', table);
  heads.forEach((th, at) => $('button', th)?.addEventListener('click', () => {
    const up = th.getAttribute('aria-sort') === 'descending' || (at === 0 && !th.hasAttribute('aria-sort'));
    heads.forEach((o) => o.removeAttribute('aria-sort'));
    th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const value = (row) => row.cells[at].dataset.v ?? row.cells[at].textContent;
    const rows = $$('tbody tr', table).sort((a, b) => {
      const [p, q] = [value(a), value(b)];
      return (at === 0 ? p.localeCompare(q) : p - q) * (up ? 1 : -1);
    });
    $('tbody', table).append(...rows);
  }));
}

async function start() {
  await open();
  DATA.byItem = new Map();
  DATA.findings.forEach((f, j) => f[1].forEach((k) => {
    if (!DATA.byItem.has(k)) DATA.byItem.set(k, []);
    DATA.byItem.get(k).push(j);
  }));
  matrix.start();
  findings.start();
  startMap();
  startYield();
  startEpochs();
  startDatamap();
  $$('table.sortable').forEach(sortable);
  lists.start();
  $('#help-open').addEventListener('click', () => $('#keys').showModal());
  $('#help-close').addEventListener('click', () => $('#keys').close());
  document.addEventListener('keydown', keys);
  addEventListener('hashchange', follow);
  follow();
  window.dsaudit = { data: DATA, state, player, matrix, map, datamap, lists, findings };
  document.documentElement.dataset.ready = 'yes';
}

start();
