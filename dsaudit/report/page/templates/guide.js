// Examples with what is said of each; one sound at a time.
function example(group, at) {
  const k = DATA.groups[group][at];
  const item = itemOf(k);
  const act = () => (glanced(item) ? enlarge(DATA.groups[group], at) : toggle(k));
  const view = itemView(item, { small: true });
  if (glanced(item)) view.addEventListener('click', act);
  const name = h('button', { type: 'button', class: 'name', 'aria-label': `${page.plays ? 'Play ' : ''}${shown(item.name)}`, onclick: act }, middle(item.name.split('/').pop()));
  const tile = h('li', { class: 'tile' }, view, name, h('p', { class: 'small grey' }, prose(DATA.captions[group][at])), !item.lost || glanced(item) || !original(k) ? null : h('a', { class: 'small', href: original(k), target: '_blank', rel: 'noopener' }, 'original'));
  if (page.plays) player.follow(tile, () => tile.classList.toggle('playing', player.playing(k)));
  return tile;
}

async function start() {
  await open();
  for (const list of $$('[data-group]')) {
    const group = Number(list.dataset.group);
    list.append(...DATA.groups[group].map((_, at) => example(group, at)));
    list.classList.toggle('seen', seen());
  }
  window.dsaudit = { data: DATA, player };
  document.documentElement.dataset.ready = 'yes';
}

start();
