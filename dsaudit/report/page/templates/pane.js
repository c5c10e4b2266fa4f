// A list or a grid, windowed, and the card of the chosen one beside it. j, k and the arrows move, space plays or enlarges.
const ROW = 64;
const TILE = [136, 148]; // at least as wide, and as high
let activePane = null;

class Pane {
  constructor(root, { label, exports = false }) {
    this.rows = [];
    this.at = -1;
    this.live = new Map();
    this.said = h('p', { class: 'said', role: 'status' });
    this.space = h('div', { role: 'presentation' });
    this.views = ['list', 'grid'].map((view) => h('button', { type: 'button', onclick: () => { state.write({ view }); this.lay(); this.go(this.at, { quiet: true, still: true }); } }, view));
    this.list = h('div', { class: 'list', role: 'listbox', tabindex: '0', 'aria-label': label,
      onscroll: () => this.paint(), onfocus: () => this.activate(), onkeydown: (event) => this.key(event), onclick: (event) => this.click(event) }, this.space);
    this.card = h('div', { class: 'card', role: 'region', 'aria-label': 'Chosen item' });
    this.follow = h('input', { type: 'checkbox' });
    this.exports = exports;
    root.classList.add('pane');
    root.append(this.said, this.list, this.card);
    this.id = `pane${Pane.n = (Pane.n || 0) + 1}`;
    this.root = root;
    new ResizeObserver(() => this.lay()).observe(this.list);
    player.watchers.add((event, k) => {
      if (event === 'time') return;
      for (const [at, row] of this.live) row.classList.toggle('playing', player.playing(this.rows[at]?.k));
      if (event === 'ended' && this.follow.checked && activePane === this && this.rows[this.at]?.k === k) this.go(this.at + 1, { playing: true });
    });
  }

  // rows: {k: item, f: finding or null}
  show(rows, { said, at = 0, empty = 'Nothing matches.' } = {}) {
    this.rows = rows;
    this.at = -1;
    this.list.scrollTop = 0;
    this.said.replaceChildren(h('span', {}, said ?? nounFor(rows.length)));
    if (rows.length > 1 && seen()) this.said.append(h('span', { class: 'seg', role: 'group', 'aria-label': 'Shown as' }, this.views));
    this.lay();
    if (rows.length > 1 && page.plays) this.said.append(h('label', { class: 'small grey' }, this.follow, ' play one after the other'));
    if (this.exports && rows.length) this.said.append(h('button', { type: 'button', class: 'plain small', onclick: () => this.exportIds() }, 'Export ids as CSV'));
    this.card.replaceChildren();
    this.card.hidden = !rows.length;
    if (!rows.length) { this.space.append(h('p', { class: 'empty' }, empty)); this.list.removeAttribute('aria-activedescendant'); return; }
    this.go(Math.max(0, at), { quiet: true });
    this.paint();
  }

  // What can be told at a glance stands in a grid over the whole page, unless a list is asked for.
  get grid() { return this.rows.length > 1 && seen() && (state.read().view ?? 'grid') === 'grid'; }

  lay() {
    const { grid } = this;
    const wide = this.root.parentElement.classList.toggle('wide', grid);
    this.views.forEach((b) => b.setAttribute('aria-pressed', b.textContent === (wide ? 'grid' : 'list')));
    this.across = grid ? Math.max(2, Math.floor((this.list.clientWidth - 8) / TILE[0])) : 1;
    this.high = grid ? TILE[1] : ROW;
    this.space.replaceChildren();
    this.live.clear();
    this.list.classList.toggle('tiled', grid);
    this.space.style.height = `${Math.ceil(this.rows.length / this.across) * this.high + (grid ? 8 : 0)}px`;
    if (this.rows.length) this.paint();
  }

  activate() {
    activePane = this;
    if (this.at < 0 && this.rows.length) this.go(0);
  }

  go(at, { playing = false, quiet = false, still = false } = {}) {
    if (at < 0 || at >= this.rows.length) return;
    this.at = at;
    const { k, f } = this.rows[at];
    const top = Math.floor(at / this.across) * this.high;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + this.high > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + this.high - this.list.clientHeight;
    if (!still) this.card.replaceChildren(k === null ? noItem(f) : card(k, { finding: f, choose: (j) => this.peek(j), onzoom: () => this.enlarge() }));
    this.paint();
    this.list.setAttribute('aria-activedescendant', `${this.id}-${at}`);
    if (!quiet && k !== null) { activePane = this; state.write({ item: DATA.items.id[k] }); }
    if (playing && k !== null) play(k);
  }

  peek(k) { this.card.replaceChildren(card(k, { choose: (j) => this.peek(j) })); }

  key(event) {
    const { across } = this;
    const page = across * Math.max(1, Math.floor(this.list.clientHeight / this.high));
    const moves = { ArrowDown: this.at + across, ArrowUp: this.at - across, PageDown: Math.min(this.at + page, this.rows.length - 1), PageUp: Math.max(this.at - page, 0), Home: 0, End: this.rows.length - 1 };
    if (across > 1) Object.assign(moves, { ArrowRight: this.at + 1, ArrowLeft: this.at - 1 });
    if (event.key in moves && !event.ctrlKey && !event.metaKey) { this.go(moves[event.key]); event.preventDefault(); }
    if (event.key === 'Enter') { this.toggle(); event.preventDefault(); }
  }

  toggle() {
    const k = this.rows[this.at]?.k;
    if (k === null || k === undefined) return;
    if (seen()) this.enlarge();
    else toggle(k);
  }

  // The chosen one over the whole window, and from there on through the list.
  enlarge() {
    const there = this.rows.flatMap(({ k }, at) => (k === null ? [] : [at]));
    enlarge(there.map((at) => this.rows[at].k), there.indexOf(this.at), { moved: (j) => this.go(there[j]) });
  }

  click(event) {
    const row = event.target.closest('.row');
    if (!row) return;
    activePane = this;
    const at = Number(row.dataset.at);
    const again = at === this.at;
    this.go(at);
    if (event.target.closest('.thumb') && (again || !this.grid)) this.toggle();
  }

  paint() {
    const { across, high } = this;
    const first = across * Math.max(0, Math.floor(this.list.scrollTop / high) - 4);
    const last = Math.min(this.rows.length, across * (Math.ceil((this.list.scrollTop + this.list.clientHeight) / high) + 4)) - 1;
    for (const [at, row] of this.live) if (at < first || at > last) { row.remove(); this.live.delete(at); }
    for (let at = first; at <= last; at++) {
      if (!this.live.has(at)) { const row = this.grid ? this.tile(at) : this.row(at); this.live.set(at, row); this.space.append(row); }
      this.live.get(at).setAttribute('aria-selected', at === this.at);
    }
  }

  // The same as a tile: a picture, what it is labelled, and the sign of the finding.
  tile(at) {
    const { k, f } = this.rows[at];
    const { across } = this;
    const own = f ?? DATA.byItem.get(k)?.[0];
    const rule = own === undefined ? null : DATA.rules[DATA.findings[own][0]];
    const name = k === null ? DATA.findings[f][7] : DATA.items.id[k];
    const set = f === null || DATA.findings[f][1].length < 2 ? [k] : DATA.findings[f][1].slice(0, 2);
    return h('div', { class: 'row tile', role: 'option', id: `${this.id}-${at}`, 'data-at': at, title: `${shown(name)}${rule ? `: ${rule.name}` : ''}`, 'aria-label': `${shown(name)}${rule ? `, ${rule.name}` : ''}`, 'aria-posinset': at + 1, 'aria-setsize': this.rows.length, 'aria-selected': 'false',
      style: { top: `${8 + Math.floor(at / across) * this.high}px`, left: `calc(${at % across} * (100% - 8px) / ${across} + 8px)`, width: `calc((100% - 8px) / ${across} - 8px)` } },
    h('span', { class: 'thumb', 'aria-hidden': 'true' }, k === null ? text(name) : set.map((j) => h('span', {}, small(itemOf(j)))), set.length > 1 ? h('span', { class: 'tag' }, count(DATA.findings[f][2])) : ''),
    h('span', { class: 'what' }, rule ? sev(rule.severity) : '', ' ', k === null ? rule.name : givenToPredicted(k, f === null ? -1 : DATA.findings[f][5])));
  }

  row(at) {
    const { k, f } = this.rows[at];
    const item = k === null ? null : itemOf(k);
    const thumb = h('span', { class: 'thumb', 'aria-hidden': 'true' });
    if (item) thumb.append(small(item));
    if (page.plays && !item?.failed) thumb.append(h('span', { class: item?.thumbnail ? 'go' : '' }, '▶'));
    else if (!item) thumb.append('–');
    const why = f === null ? (DATA.byItem.get(k) || []).slice(0, 3) : [f];
    const reason = h('span', { class: 'why' });
    const told = new Set();
    for (const one of why) {
      const rule = DATA.rules[DATA.findings[one][0]];
      if (told.has(rule)) continue;
      told.add(rule);
      reason.append(sev(rule.severity), ' ', ...(f === null ? [`${rule.name}  `] : prose(sentence(DATA.findings[one][4]))));
    }
    return h('div', { class: wordy() ? 'row wordy' : 'row', role: 'option', id: `${this.id}-${at}`, 'data-at': at, 'aria-posinset': at + 1, 'aria-setsize': this.rows.length,
      'aria-selected': 'false', style: { top: `${at * ROW}px` } },
    thumb, h('span', { style: { minWidth: 0 } }, k === null ? text(DATA.findings[f][7]) : called(item), reason),
    h('span', { class: 'what' }, k === null ? '' : givenToPredicted(k, f === null ? -1 : DATA.findings[f][5])));
  }

  exportIds() {
    const rows = this.rows.filter((r) => r.k !== null).map(({ k }) => [DATA.items.id[k], labelOf(DATA.items.given[k]) ?? '', labelOf(DATA.items.predicted?.[k] ?? -1) ?? '']);
    const csv = [['item_id', 'given', 'predicted'], ...rows].map((r) => r.map(csvCell).join(',')).join('\r\n');
    download('selection.csv', `${csv}\r\n`, 'text/csv');
    return csv;
  }
}

function noItem(f) {
  const [r, , , , message, , , subject] = DATA.findings[f];
  const rule = DATA.rules[r];
  return h('div', {}, h('p', {}, h('bdi', { class: 'name' }, shown(subject))), h('ul', { class: 'whys' }, h('li', {}, sev(rule.severity), h('span', {}, prose(sentence(message)), ' ', h('span', { class: 'tag' }, rule.name)))));
}
