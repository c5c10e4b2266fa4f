// Small tools: elements, names, figures, what is remembered, the address. Data reaches the page as text only.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('aria-')) { if (value !== null && value !== undefined) element.setAttribute(key, String(value)); continue; }
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') Object.assign(element.style, value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

// Control and direction characters are made visible, so that a name cannot disturb the page.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
export const shown = (name) => String(name).replace(UNSEEN, (c) => {
  const code = c.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
});
export const text = (name) => h('bdi', {}, shown(name));
export const name = (label) => (label === null || label === undefined ? h('span', { class: 'grey' }, 'no label') : h('bdi', { class: 'name' }, shown(label)));

// Names in backticks are set apart, everything as text.
export function prose(message) {
  const parts = shown(message).replace(/(^|[\s(])-(?=\d)/g, '$1−').split('`');
  if (parts.length % 2 === 0) return [parts.join('`')];
  return parts.map((part, k) => (k % 2 ? h('bdi', { class: 'name' }, part) : part));
}

// A long name keeps its end: the end tells files apart.
export function middle(id) {
  const all = Array.from(shown(id));
  const tail = all.length > 24 ? all.splice(-12) : [];
  return h('span', { class: 'mid', title: shown(id) },
    h('bdi', { class: 'a' }, all.join('')), tail.length ? h('bdi', { class: 'b' }, tail.join('')) : null);
}

export const count = (n) => Number(n).toLocaleString('en-US');
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

const SEVERITY = { error: '■', warning: '▲', info: '●' };
export const sev = (severity) => h('span', { class: `sev ${severity}`, role: 'img', 'aria-label': severity, title: severity }, SEVERITY[severity] || '●');

// A button that says its key. Keys are hidden where there is no keyboard, and from screen readers, which have aria-keyshortcuts.
export function act(key, label, onclick, attributes = {}) {
  return h('button', { type: 'button', 'aria-keyshortcuts': key || null, onclick, ...attributes }, key ? h('kbd', { 'aria-hidden': 'true' }, key) : null, h('span', { class: 'what' }, label));
}

export function say(message) { $('#live').textContent = message; }
export const cssVar = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

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
  if (event.key.length > 1 || event.key === ' ') return event.key === ' ' ? 'space' : event.key.toLowerCase();
  if (event.key > '\u007f' && code.startsWith('Key')) return code[3].toLowerCase();
  return event.key.toLowerCase();
}
