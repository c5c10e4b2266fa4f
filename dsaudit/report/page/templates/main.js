// Findings, filters, keys, and the start of it all.
const findings = {
  start() {
    findings.query = h('input', { type: 'search', class: 'grow', placeholder: 'search names, labels, reasons', 'aria-label': 'Search the findings', oninput: () => findings.show({ focus: false }) });
    findings.byClass = h('select', { 'aria-label': 'Class', onchange: () => { state.write({ class: findings.byClass.value, item: null, list: null }); findings.show({ focus: false }); } },
      h('option', { value: '' }, 'every class'), DATA.labels.map((name) => h('option', { value: name }, shown(name))));
    const found = DATA.rules.filter((r) => DATA.n_by_code[r.code]);
    findings.byRule = h('select', { 'aria-label': 'Check', onchange: () => { state.write({ rule: findings.byRule.value, item: null, list: null, cell: null }); findings.show({ focus: false }); } },
      h('option', { value: '' }, 'every check'), found.map((r) => h('option', { value: r.code }, `${r.name} (${count(DATA.n_by_code[r.code])})`)));
    findings.advice = h('div', { class: 'small grey' });
    findings.tools = h('div', {}, h('div', { class: 'controls' }, findings.byRule, findings.byClass, findings.query), findings.advice);
    $('#all-findings')?.addEventListener('click', () => { state.write({ rule: null, class: null, item: null, cell: null, list: null }); findings.show(); });
  },

  show({ item = null, focus = true } = {}) {
    const { rule = '', class: name = '' } = state.read();
    findings.byClass.value = name;
    findings.byRule.value = rule;
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
    if (one) findings.advice.replaceChildren(h('details', {}, h('summary', {}, one.summary), h('p', {}, one.todo, ' ', h('button', { type: 'button', class: 'plain', onclick: () => findings.explain(one.code) }, 'More on this check'))), first.again(`#rule=${one.code}`));
    drawer.show(rows, { focus, tools: [findings.tools], said: `${count(rows.length)}${some ? ` of ${count(total)}` : ''} finding${rows.length === 1 ? '' : 's'}${one ? ` of ${one.name}` : ''}${some ? ' (the rest are in findings.parquet)' : ''}${name ? ` in ${shown(name)}` : ''}, the worst first`, at, empty: 'No finding matches. Clear the search or choose another check.' });
  },

  explain(code) {
    drawer.close();
    reveal(document.getElementById(`rule-${code}`));
  },
};

// Opens what an element is folded in, and goes there.
function reveal(element) {
  for (let at = element; at; at = at.parentElement?.closest('details')) if (at.tagName === 'DETAILS') at.open = true;
  element?.scrollIntoView({ block: 'start' });
}

function follow() {
  const { rule, class: name, cell, item, list } = state.read();
  const section = /^#[\w-]+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
  if (section) { reveal(section); return; }
  if (list && lists.open(list, { item: item ?? null })) return;
  if (cell && cell.length === 2 && DATA.confusion) {
    const codes = cell.map((c) => DATA.labels.indexOf(c));
    if (codes.every((c) => c >= 0)) { matrix.open(...codes, { item: item ?? null }); return; }
  }
  if (rule === undefined && name === undefined && item === undefined) return;
  const k = item === undefined ? -1 : DATA.items.id.indexOf(item);
  if (k >= 0 && !(DATA.byItem.get(k) || []).length) {
    drawer.show([{ k, f: null }], { said: 'The item of the link' });
    return;
  }
  findings.show({ item: item ?? null });
}

function keys(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.('input:not([type=checkbox]), select, textarea');
  if (event.key === 'Escape' && typing) { event.target.blur(); return; }
  if (typing || $('dialog[open]')) return;
  const pane = drawer.open ? drawer.pane : null;
  if (event.key === '?') $('#keys').showModal();
  else if (event.key === 'Escape' && pane) drawer.close();
  else if (event.key === '/') { findings.show({ focus: false }); findings.query.focus({ preventScroll: true }); }
  else if (event.key === 'j' && pane) pane.go(pane.at + 1);
  else if (event.key === 'j' && DATA.findings.length) findings.show();
  else if (event.key === 'k' && pane) pane.go(pane.at - 1);
  else if ([' ', 'z'].includes(event.key) && pane && !event.target.closest?.('button, a, summary, input')) pane.toggle();
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
  drawer.start();
  matrix.start();
  findings.start();
  first.start();
  startMap();
  startYield();
  startEpochs();
  startDatamap();
  $$('table.sortable').forEach(sortable);
  lists.start();
  startOverview();
  $$('a[href^="#sec-"]').forEach((a) => a.addEventListener('click', () => reveal(document.getElementById(a.getAttribute('href').slice(1)))));
  addEventListener('beforeprint', () => $$('main details:not(details details)').forEach((d) => { d.open = true; }));
  $('#help-open').addEventListener('click', () => $('#keys').showModal());
  $('#help-close').addEventListener('click', () => $('#keys').close());
  document.addEventListener('keydown', keys);
  addEventListener('hashchange', follow);
  follow();
  window.dsaudit = { data: DATA, state, player, matrix, map, datamap, lists, findings, drawer, first };
  document.documentElement.dataset.ready = 'yes';
}

start();
