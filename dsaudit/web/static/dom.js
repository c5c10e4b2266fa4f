// Small tools: elements, names, figures. Data reaches the page as text only.
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

// Names in backticks are set apart, everything as text.
export function prose(message) {
  const parts = shown(message).replace(/(^|[\s(])-(?=\d)/g, '$1−').split('`');
  if (parts.length % 2 === 0) return [parts.join('`')];
  return parts.map((part, k) => (k % 2 ? h('bdi', { class: 'name' }, part) : part));
}

// A long name keeps its end, which tells files apart, and the last folder, which often is the class.
export function middle(name) {
  const [, lead, folder, file] = /^(?:(.*)\/)?([^/]+\/)([^/]*)$/s.exec(shown(name)) ?? [null, '', '', shown(name)];
  const all = Array.from(file);
  const tail = all.length > 16 ? all.splice(-12) : [];
  return h('span', { class: 'mid', title: shown(name) },
    lead ? h('bdi', { class: 'a up' }, lead) : null, folder ? h('bdi', { class: 'f' }, lead ? `/${folder}` : folder) : null,
    h('bdi', { class: 'a' }, all.join('')), tail.length ? h('bdi', { class: 'b' }, tail.join('')) : null);
}

export const count = (n) => Number(n).toLocaleString('en-US');

const SEVERITY = { error: '■', warning: '▲', info: '●' };
export const sev = (severity) => h('span', { class: `sev ${severity}`, role: 'img', 'aria-label': severity, title: severity }, SEVERITY[severity] || '●');

export function say(message) { $('#live').textContent = message; }
export const cssVar = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const dark = matchMedia('(prefers-color-scheme: dark)');

export function fromBase64(encoded) {
  const raw = atob(encoded);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes;
}
