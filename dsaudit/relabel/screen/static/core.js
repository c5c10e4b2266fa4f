// Small tools of the screen: names, figures, keys, what is remembered, the address.
import { h, shown } from './dom.js';

export const name = (label) => (label === null || label === undefined ? h('span', { class: 'grey' }, 'no label') : h('bdi', { class: 'name' }, shown(label)));

export function percent(share) {
  const value = 100 * share;
  if (value < 0.95) return '< 1\u00a0%';
  return `${value.toFixed(0)}\u00a0%`;
}
export function span(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return 'under a minute';
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

// A button that says its key. Keys are hidden where there is no keyboard, and from screen readers, which have aria-keyshortcuts.
export function act(key, label, onclick, attributes = {}) {
  return h('button', { type: 'button', 'aria-keyshortcuts': key || null, onclick, ...attributes }, key ? h('kbd', { 'aria-hidden': 'true' }, key) : null, h('span', { class: 'what' }, label));
}

// Storage may be full or forbidden: then nothing is remembered, and nothing breaks.
const remembers = (area) => ({
  get(key, fallback = null) { try { return JSON.parse(area().getItem(key)) ?? fallback; } catch { return fallback; } },
  set(key, value) { try { area().setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
});
export const kept = remembers(() => localStorage);
export const tab = remembers(() => sessionStorage);

// crypto.randomUUID is missing on pages that are served to the network without TLS.
export const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');

// Filters and mode live in the address: #mode=grid&rule=LBL001&pair=up:off
export const address = {
  read: () => Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
  write(changes) {
    const next = Object.entries({ ...address.read(), ...changes }).filter(([, v]) => v !== null && v !== undefined && v !== '');
    history.replaceState(null, '', next.length ? `#${new URLSearchParams(next)}` : location.pathname + location.search);
  },
};

// The key that was meant, also on a keyboard of another script, and digits wherever the layout has them.
export function keyOf(event) {
  const code = event.code || '';
  if (event.key === '/' || event.key === '?') return event.key; // on many layouts these lie above a digit
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code);
  if (digit && !(code.startsWith('Numpad') && event.key.length > 1)) return event.shiftKey && event.key !== digit[1] ? `shift+${digit[1]}` : digit[1];
  if (event.key.length > 1 || event.key === ' ') return event.key === ' ' ? 'space' : `${event.shiftKey && event.key.startsWith('Arrow') ? 'shift+' : ''}${event.key.toLowerCase()}`;
  if (event.key > '\u007f' && code.startsWith('Key')) return code[3].toLowerCase();
  return event.key.toLowerCase();
}
