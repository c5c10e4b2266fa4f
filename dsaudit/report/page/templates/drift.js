// Items of both sets that show what changed, side by side.
function driftTile(k) {
  const { id, given } = DATA.items;
  const name = h('button', { type: 'button', class: 'name', 'aria-label': `${page.plays ? 'Play ' : ''}${shown(id[k])}`, onclick: () => toggle(k) }, middle(id[k].split('/').pop()));
  const label = h('p', { class: 'small grey' }, labelOf(given[k]) === null ? 'no label' : text(labelOf(given[k])));
  const tile = h('li', { class: 'tile', title: shown(id[k]) }, DATA.playable ? itemView(itemOf(k), { small: true }) : null, DATA.playable ? name : middle(id[k]), label);
  player.watchers.add(() => tile.classList.toggle('playing', player.playing(k)));
  return tile;
}

async function start() {
  await open();
  for (const list of $$('[data-sheet]')) {
    const [n, side] = list.dataset.sheet.split(' ');
    list.append(...DATA.sheets[n][side].map(driftTile));
  }
  window.dsaudit = { data: DATA, player };
  document.documentElement.dataset.ready = 'yes';
}

start();
