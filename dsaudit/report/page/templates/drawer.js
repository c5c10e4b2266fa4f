// What was chosen, beside the page: one list at a time, and the card of its chosen row.
const drawer = {
  pane: null,
  from: null,

  start() {
    drawer.root = $('#drawer');
    drawer.pane = new Pane($('#drawer-pane'), { label: 'Listed items', exports: true });
    $('#drawer-close').addEventListener('click', drawer.close);
  },

  get open() { return !drawer.root.hidden; },

  show(rows, { focus = true, tools = [], ...options } = {}) {
    if (!drawer.open) drawer.from = document.activeElement;
    drawer.root.hidden = false;
    if ($('#drawer-tools').firstChild !== (tools[0] ?? null)) $('#drawer-tools').replaceChildren(...tools); // what is typed in keeps the focus
    drawer.pane.show(rows, options);
    activePane = drawer.pane;
    if (focus) drawer.pane.list.focus({ preventScroll: true });
  },

  close() {
    drawer.root.hidden = true;
    player.stop();
    $$('[aria-pressed=true][data-cell], [aria-pressed=true][data-list]').forEach((b) => b.setAttribute('aria-pressed', 'false'));
    state.write({ rule: null, class: null, cell: null, list: null, item: null });
    if (drawer.from?.isConnected) drawer.from.focus({ preventScroll: true });
  },
};
