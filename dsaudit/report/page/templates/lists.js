// Buttons that open a list of items: the cut, pairs, bands, groups, causes, the hardest. #list=pair:3
const lists = {
  start() {
    $$('[data-list]').forEach((b) => b.addEventListener('click', () => lists.open(b.dataset.list)));
  },

  open(key, { item = null } = {}) {
    const list = DATA.lists[key];
    if (!list) return false;
    const [words, total, items] = list;
    $$('[data-list]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.list === key));
    const more = items.length < total ? `, ${count(items.length)} of them known to this page` : '';
    const at = item === null ? 0 : Math.max(0, items.findIndex((k) => DATA.items.id[k] === item));
    drawer.show(items.map((k) => ({ k, f: null })), { said: h('span', {}, prose(words), `: ${nounFor(total)}${more}`), at, empty: 'None of them is known to this page.' });
    state.write({ list: key, rule: null, class: null, cell: null, item });
    return true;
  },
};
