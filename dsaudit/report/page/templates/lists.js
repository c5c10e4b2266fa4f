// Buttons that open a list of items: the cut, pairs, bands, groups, causes, the hardest. #list=pair:3
const lists = {
  panes: new Map(),

  start() {
    $$('[data-list]').forEach((b) => b.addEventListener('click', () => lists.open(b.dataset.list)));
  },

  open(key, { item = null, scroll = true } = {}) {
    const list = DATA.lists[key];
    const root = list && document.getElementById(list[0]);
    if (!root) return false;
    const [place, words, total, items] = list;
    if (!lists.panes.has(place)) lists.panes.set(place, new Pane(root, { label: 'Listed items', exports: true }));
    const pane = lists.panes.get(place);
    root.hidden = false;
    $$('[data-list]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.list === key));
    const more = items.length < total ? `, ${count(items.length)} of them known to this page` : '';
    const at = item === null ? 0 : Math.max(0, items.findIndex((k) => DATA.items.id[k] === item));
    pane.show(items.map((k) => ({ k, f: null })), { said: h('span', {}, prose(words), `: ${nounFor(total)}${more}`), at, empty: 'None of them is known to this page.' });
    state.write({ list: key, rule: null, class: null, cell: null, item });
    activePane = pane;
    if (scroll) {
      pane.said.scrollIntoView({ block: 'start' });
      pane.list.focus({ preventScroll: true });
    }
    return true;
  },
};
