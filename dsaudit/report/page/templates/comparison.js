// Items that one model gets right and the other wrong: a sheet of tiles, one sound at a time.
const moves = {
  shown: 48,

  tile(k) {
    const { id, given, corrected, before, after } = DATA.items;
    const facts = h('dl', { class: 'facts' });
    const row = (name, ...value) => facts.append(h('dt', {}, name), h('dd', {}, ...value));
    if (given[k] === corrected[k]) row('label', text(labelOf(given[k])));
    else row('label', text(labelOf(given[k])), h('span', { class: 'grey' }, ' ⇒ '), text(labelOf(corrected[k])));
    row('before', text(labelOf(before[k]) || '–'));
    row('after', text(labelOf(after[k]) || '–'));
    const name = h('button', { type: 'button', class: 'name', 'aria-label': `${page.plays ? 'Play ' : ''}${shown(id[k])}`, onclick: () => toggle(k) }, middle(id[k].split('/').pop()));
    const tile = h('li', { class: 'tile', title: shown(id[k]) }, DATA.playable ? itemView(itemOf(k), { small: true }) : null, DATA.playable ? name : middle(id[k]), facts);
    player.watchers.add(() => tile.classList.toggle('playing', player.playing(k)));
    return tile;
  },

  fill(list, rows) {
    let at = 0;
    const more = h('button', { type: 'button' });
    const next = () => {
      list.append(...rows.slice(at, at + moves.shown).map(moves.tile));
      at += moves.shown;
      more.hidden = at >= rows.length;
      more.textContent = `Show ${count(Math.min(moves.shown, rows.length - at))} more`;
    };
    more.addEventListener('click', next);
    list.after(more);
    next();
  },
};

async function start() {
  await open();
  for (const list of $$('[data-moved]')) moves.fill(list, DATA[list.dataset.moved]);
  for (const cell of $$('td[data-t]')) {
    const t = Number(cell.dataset.t);
    cell.style.setProperty('--t', Math.abs(t).toFixed(3));
  }
  window.dsaudit = { data: DATA, player };
  document.documentElement.dataset.ready = 'yes';
}

start();
