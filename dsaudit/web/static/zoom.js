// Pictures over the whole window: one, or two side by side. A click or + enlarges it, the arrows go on, Escape leaves;
// any other key leaves, and then does what it does.
import { h, say } from './dom.js';
import { itemView, pairView } from './view.js';

const MOST = 4; // enlargements, each twice the one before

export const zoom = {
  dialog: null,
  at: 0,
  scale: 0, // 0: as large as the window lets it be

  // n items, `item` of each by its place, and `words` over it; `beside`: what each is compared with, and its words;
  // `moved` hears of every step
  open({ n = 1, at = 0, item, words = () => [], beside = null, moved = () => {} }) {
    zoom.dialog ??= zoom.build();
    Object.assign(zoom, { n, item, words, beside, moved, at, scale: 0 });
    zoom.draw();
    if (!zoom.dialog.open) zoom.dialog.showModal();
    zoom.stage.focus();
  },

  build() {
    const act = (label, title, onclick) => h('button', { type: 'button', title, 'aria-label': title, onclick }, label);
    zoom.said = h('p', { class: 'said', role: 'status' });
    zoom.stage = h('div', { class: 'stage', tabindex: '-1' });
    zoom.turns = [act('‹', 'Previous (←)', () => zoom.go(-1)), act('›', 'Next (→)', () => zoom.go(1))];
    zoom.larger = act('+', 'Enlarge (+)', () => zoom.enlarge(1));
    const dialog = h('dialog', { class: 'zoom', 'aria-label': 'Enlarged', onkeydown: (event) => zoom.key(event), onclick: (event) => { if (event.target === dialog) dialog.close(); } },
      h('div', { class: 'over' }, zoom.said, zoom.turns, zoom.larger, act('×', 'Back (Esc)', () => dialog.close())), zoom.stage);
    document.body.append(dialog);
    new ResizeObserver(() => dialog.open && zoom.fit()).observe(zoom.stage);
    return dialog;
  },

  draw() {
    const item = zoom.item(zoom.at);
    zoom.turns.forEach((turn, j) => { turn.hidden = zoom.n < 2; turn.disabled = j ? zoom.at >= zoom.n - 1 : zoom.at < 1; });
    zoom.larger.hidden = Boolean(zoom.beside);
    zoom.said.replaceChildren(...(zoom.beside ? [] : [zoom.words(zoom.at)].flat()), zoom.n > 1 ? h('span', { class: 'grey' }, ` ${zoom.at + 1} of ${zoom.n}`) : '');
    zoom.view = zoom.beside ? pairView(zoom.beside.item, item, { words: [zoom.beside.words, zoom.words(zoom.at)] }) : itemView(still(item));
    zoom.stage.classList.toggle('two', Boolean(zoom.beside));
    zoom.stage.replaceChildren(zoom.view);
    zoom.picture = zoom.beside ? null : zoom.view.querySelector('.photo');
    if (zoom.picture) zoom.sharpen(item);
  },

  // What stands here is small: the file itself takes its place, where it can be had.
  sharpen(item) {
    const { picture } = zoom;
    picture.addEventListener('load', () => zoom.fit());
    picture.addEventListener('click', (event) => zoom.enlarge(0, event));
    zoom.fit();
    if (!item.origin) return;
    const whole = new Image();
    whole.onload = () => { if (picture.isConnected && whole.naturalWidth > picture.naturalWidth) picture.src = whole.src; };
    whole.src = item.origin;
  },

  fit() {
    const { picture, stage, scale } = zoom;
    if (!picture?.naturalWidth) return;
    const { naturalWidth: width, naturalHeight: height } = picture;
    const pad = 2 * parseFloat(getComputedStyle(stage).paddingLeft);
    const below = zoom.view.scrollHeight - picture.parentElement.offsetHeight; // what is written under it
    const most = Math.min((stage.clientWidth - pad) / width, (stage.clientHeight - pad - below) / height);
    const by = scale ? Math.max(2 * most, 1) * 2 ** (scale - 1) : Math.min(most, Math.max(4, 256 / Math.max(width, height)));
    Object.assign(picture.parentElement.style, { width: `${Math.round(width * by)}px`, height: `${Math.round(height * by)}px` });
    picture.classList.toggle('coarse', by >= 3);
    stage.classList.toggle('close', scale > 0);
  },

  // To where it was clicked; a click on what is enlarged shows the whole again.
  enlarge(by, event = null) {
    if (!zoom.picture) return;
    const box = zoom.picture.getBoundingClientRect();
    const [x, y] = event ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : [0.5, 0.5];
    zoom.scale = by ? Math.min(Math.max(zoom.scale + by, 0), MOST) : zoom.scale ? 0 : 1;
    zoom.fit();
    const { stage } = zoom;
    const now = zoom.picture.getBoundingClientRect();
    stage.scrollLeft += now.left + x * now.width - (stage.getBoundingClientRect().left + stage.clientWidth / 2);
    stage.scrollTop += now.top + y * now.height - (stage.getBoundingClientRect().top + stage.clientHeight / 2);
  },

  go(by) {
    const to = zoom.at + by;
    if (to < 0 || to >= zoom.n) { say(by < 0 ? 'This is the first.' : 'This is the last.'); return; }
    zoom.at = to;
    zoom.draw();
    zoom.moved(to);
  },

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Tab' || event.key === 'Shift') return;
    const does = { ArrowLeft: () => zoom.go(-1), ArrowRight: () => zoom.go(1), j: () => zoom.go(1), k: () => zoom.go(-1), '+': () => zoom.enlarge(1), '=': () => zoom.enlarge(1), '-': () => zoom.enlarge(-1), ' ': () => zoom.dialog.close(), Escape: () => zoom.dialog.close() }[event.key];
    if (event.target.closest('button') && [' ', 'Enter'].includes(event.key)) { event.stopPropagation(); return; }
    if (zoom.scale && event.key.startsWith('Arrow')) { event.stopPropagation(); return; } // they scroll
    if (!does) { zoom.dialog.close(); return; }
    does();
    event.preventDefault();
    event.stopPropagation();
  },
};

// A picture that stands on the page stays there.
const still = (item) => ({ ...item, picture: () => { const src = item.picture()?.src; return src ? h('img', { src }) : null; } });
