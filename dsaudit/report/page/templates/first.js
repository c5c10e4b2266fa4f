// Beside each of the first actions: what it is about, to play or see, and the command that acts on it, to copy.
const SERVED = location.protocol.startsWith('http') && location.pathname === '/report'; // by a running screen

const first = {
  start() {
    for (const box of $$('[data-items]')) {
      const items = box.dataset.items.split(',').filter(Boolean).map(Number);
      box.replaceChildren(...items.map((k) => first.shot(k, box.dataset.link)));
    }
    for (const box of $$('.cmd')) first.command(box);
  },

  shot(k, link) {
    const item = itemOf(k);
    const name = shown(item.name);
    const open = () => { location.hash = `${link}&item=${encodeURIComponent(item.name)}`; };
    const shot = h('button', { type: 'button', class: wordy() ? 'shot wordy' : 'shot', title: name, 'aria-label': `${plays(item) ? 'Play' : 'Show'} ${name}`, onclick: () => (plays(item) ? player.toggle(item) : open()) });
    if (item.failed) shot.append(h('span', { class: 'grey' }, 'broken'));
    else if (wordy()) shot.append(glimpse(item));
    else shot.append(small(item));
    if (plays(item)) {
      const sign = h('span', { class: 'go', 'aria-hidden': 'true' });
      shot.append(sign);
      player.follow(shot, () => { sign.textContent = player.playing(k) ? '■' : '▶'; });
    }
    return shot;
  },

  command(box) {
    const { asks } = box.dataset;
    if (SERVED && asks) {
      if ($('a', box)) return;
      box.replaceChildren(h('a', { href: `/#${asks}` }, 'Decide on the screen'));
      return;
    }
    const code = $('code', box);
    const copy = h('button', { type: 'button', class: 'plain small', onclick: () => first.copy(code, copy) }, 'copy');
    box.append(copy);
  },

  // The command of an action once more, beside its list.
  again(link) {
    const box = $(`.say[href="${link}"]`)?.closest('li').querySelector('.cmd').cloneNode(true);
    if (!box) return '';
    $('button', box)?.remove();
    first.command(box);
    return box;
  },

  async copy(code, button) {
    let done = true;
    try { await navigator.clipboard.writeText(code.textContent); } catch {
      getSelection().selectAllChildren(code); // the next best thing: one key copies it
      done = document.execCommand('copy');
    }
    button.textContent = done ? 'copied' : 'selected';
    say(done ? 'Copied' : 'Selected');
    setTimeout(() => { button.textContent = 'copy'; }, 2000);
  },
};
