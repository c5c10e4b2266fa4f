// A list, windowed, and the card of the chosen row beside it. j, k and the arrows move, space plays.
const ROW = 64;
let activePane = null;

class Pane {
  constructor(root, { label, exports = false }) {
    this.rows = [];
    this.at = -1;
    this.live = new Map();
    this.said = h('p', { class: 'said', role: 'status' });
    this.space = h('div', { role: 'presentation' });
    this.list = h('div', { class: 'list', role: 'listbox', tabindex: '0', 'aria-label': label,
      onscroll: () => this.paint(), onfocus: () => this.activate(), onkeydown: (event) => this.key(event), onclick: (event) => this.click(event) }, this.space);
    this.card = h('div', { class: 'card', role: 'region', 'aria-label': 'Chosen item' });
    this.follow = h('input', { type: 'checkbox' });
    this.exports = exports;
    root.classList.add('pane');
    root.append(this.said, this.list, this.card);
    this.id = `pane${Pane.n = (Pane.n || 0) + 1}`;
    new ResizeObserver(() => this.paint()).observe(this.list);
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
    this.space.replaceChildren();
    this.live.clear();
    this.list.scrollTop = 0;
    this.space.style.height = `${rows.length * ROW}px`;
    this.said.replaceChildren(h('span', {}, said ?? nounFor(rows.length)));
    if (rows.length > 1 && page.plays) this.said.append(h('label', { class: 'small grey' }, this.follow, ' play one after the other'));
    if (this.exports && rows.length) this.said.append(h('button', { type: 'button', class: 'plain small', onclick: () => this.exportIds() }, 'Export ids as CSV'));
    this.card.replaceChildren();
    this.card.hidden = !rows.length;
    if (!rows.length) { this.space.append(h('p', { class: 'empty' }, empty)); this.list.removeAttribute('aria-activedescendant'); return; }
    this.go(Math.max(0, at), { quiet: true });
    this.paint();
  }

  activate() {
    activePane = this;
    if (this.at < 0 && this.rows.length) this.go(0);
  }

  go(at, { playing = false, quiet = false } = {}) {
    if (at < 0 || at >= this.rows.length) return;
    this.at = at;
    const { k, f } = this.rows[at];
    const top = at * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    else if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
    this.card.replaceChildren(k === null ? noItem(f) : card(k, { finding: f, choose: (j) => this.peek(j) }));
    this.paint();
    this.list.setAttribute('aria-activedescendant', `${this.id}-${at}`);
    if (!quiet && k !== null) { activePane = this; state.write({ item: DATA.items.id[k] }); }
    if (playing && k !== null) play(k);
  }

  peek(k) { this.card.replaceChildren(card(k, { choose: (j) => this.peek(j) })); }

  key(event) {
    const page = Math.floor(this.list.clientHeight / ROW);
    const moves = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: Math.min(this.at + page, this.rows.length - 1), PageUp: Math.max(this.at - page, 0), Home: 0, End: this.rows.length - 1 };
    if (event.key in moves && !event.ctrlKey && !event.metaKey) { this.go(moves[event.key]); event.preventDefault(); }
    if (event.key === 'Enter') { this.toggle(); event.preventDefault(); }
  }

  toggle() {
    const k = this.rows[this.at]?.k;
    if (k !== null && k !== undefined) toggle(k);
  }

  click(event) {
    const row = event.target.closest('.row');
    if (!row) return;
    activePane = this;
    this.go(Number(row.dataset.at));
    if (event.target.closest('.thumb')) this.toggle();
  }

  paint() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
    const last = Math.min(this.rows.length - 1, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + 4);
    for (const [at, row] of this.live) if (at < first || at > last) { row.remove(); this.live.delete(at); }
    for (let at = first; at <= last; at++) {
      if (!this.live.has(at)) { const row = this.row(at); this.live.set(at, row); this.space.append(row); }
      this.live.get(at).setAttribute('aria-selected', at === this.at);
    }
  }

  row(at) {
    const { k, f } = this.rows[at];
    const item = k === null ? null : itemOf(k);
    const thumb = h('span', { class: 'thumb', 'aria-hidden': 'true' });
    if (item?.thumbnail) thumb.append(h('img', { alt: '', class: page.plays ? null : 'still', src: item.thumbnail }), page.plays ? h('span', { class: 'go' }, '▶') : '');
    else thumb.append(!item ? '–' : item.failed ? 'broken' : page.plays ? '▶' : '');
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
