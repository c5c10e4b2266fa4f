// A sheet of tiles; one sound at a time, one class after the other.
const sheet = {
  order: [],
  at: -1,
  tiles: new Map(),

  tile(k) {
    const name = h('button', { type: 'button', class: 'name', 'data-k': k, 'aria-label': `${page.plays ? 'Play ' : ''}${shown(DATA.items.id[k])}`, onclick: () => { sheet.at = sheet.order.indexOf(k); sheet.toggle(k); }, onfocus: () => { sheet.at = sheet.order.indexOf(k); } }, middle(DATA.items.id[k].split('/').pop()));
    const item = itemOf(k);
    const view = itemView(item, { small: true });
    if (glanced(item)) view.addEventListener('click', () => name.click());
    const tile = h('li', { class: 'tile' }, view, name, !item.lost || glanced(item) || !original(k) ? null : h('a', { class: 'small', href: original(k), target: '_blank', rel: 'noopener' }, 'original'));
    sheet.tiles.set(k, { tile, name });
    return tile;
  },

  // Plays or stops it, or shows it over the whole window and from there on those of its class.
  toggle(k) {
    const group = DATA.groups[sheet.group(k)];
    if (!glanced(itemOf(k))) toggle(k);
    else enlarge(group, group.indexOf(k), { moved: (j) => sheet.go(sheet.order.indexOf(group[j])) });
  },

  go(at, { playing = false } = {}) {
    if (at < 0 || at >= sheet.order.length) return;
    sheet.at = at;
    const k = sheet.order[at];
    const { name } = sheet.tiles.get(k);
    name.focus({ preventScroll: true });
    name.scrollIntoView({ block: 'nearest' });
    if (playing) play(k);
  },

  group: (k) => DATA.groups.findIndex((g) => g.includes(k)),

  row(group) {
    $('#follow').checked = true;
    sheet.go(sheet.order.indexOf(DATA.groups[group][0]), { playing: true });
  },

  keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('select') || $('dialog[open]')) return;
    const k = sheet.order[sheet.at];
    if (event.key === 'j') sheet.go(sheet.at + 1, { playing: Boolean($('#follow')?.checked) });
    else if (event.key === 'k') sheet.go(sheet.at - 1, { playing: Boolean($('#follow')?.checked) });
    else if (event.key === 'a' && $('#follow')) { $('#follow').checked = !$('#follow').checked; if ($('#follow').checked) sheet.go(Math.max(0, sheet.at), { playing: true }); }
    else if (event.key === 'n') { const next = DATA.groups[sheet.at < 0 ? 0 : sheet.group(k) + 1]; if (next) sheet.go(sheet.order.indexOf(next[0]), { playing: Boolean($('#follow')?.checked) }); }
    else if (event.key === ' ' && (event.target === document.body || event.target.closest('.tile'))) { if (sheet.at < 0) sheet.go(0); sheet.toggle(sheet.order[sheet.at]); }
    else return;
    event.preventDefault();
  },
};

async function start() {
  await open();
  for (const list of $$('[data-group]')) {
    const group = DATA.groups[Number(list.dataset.group)];
    sheet.order.push(...group);
    list.append(...group.map(sheet.tile));
  }
  player.watchers.add((event, k) => {
    if (event === 'time') return;
    for (const [j, { tile }] of sheet.tiles) tile.classList.toggle('playing', player.playing(j));
    const at = sheet.order.indexOf(k);
    const next = sheet.order[at + 1];
    if ((event === 'ended' || event === 'error') && at >= 0 && next !== undefined && $('#follow')?.checked && sheet.group(next) === sheet.group(k)) sheet.go(at + 1, { playing: true });
  });
  $$('[data-row]').forEach((b) => b.addEventListener('click', () => sheet.row(Number(b.dataset.row))));
  $('#goto')?.addEventListener('change', (event) => { if (event.target.value) $(`#class-${event.target.value}`).scrollIntoView(); });
  $$('.sheet').forEach((list) => list.classList.toggle('seen', seen()));
  if (seen() && $('#enlarges')) $('#enlarges').hidden = false;
  document.addEventListener('keydown', sheet.keys);
  window.dsaudit = { data: DATA, player, sheet };
  document.documentElement.dataset.ready = 'yes';
}

start();
