// Small tools: elements, data, figures, and the state in the address. Data reaches the page as text only.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('aria-')) { if (value !== null) element.setAttribute(key, String(value)); continue; }
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') Object.assign(element.style, value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

async function unpack(element) {
  const text = element.textContent;
  if (element.type !== 'application/gzip') return text;
  const bytes = fromBase64(text);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}

function fromBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes;
}

// Control and direction characters are made visible, so that a name cannot disturb the page.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const shown = (name) => String(name).replace(UNSEEN, (c) => {
  const code = c.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
});
// Names in backticks are set apart, everything as text.
function prose(message) {
  const parts = shown(message).replace(/(^|[\s(])-(?=\d)/g, '$1−').split('`');
  if (parts.length % 2 === 0) return [parts.join('`')];
  return parts.map((part, k) => (k % 2 ? h('bdi', { class: 'name' }, part) : part));
}
// A capital begins a sentence, unless a class name begins it.
const sentence = (message) => (DATA.names.has(message.split(/[ ;,]/, 1)[0]) ? message : message.charAt(0).toUpperCase() + message.slice(1));
const count = (n) => Number(n).toLocaleString('en-US');
const percent = (share) => {
  const value = 100 * share;
  return `${(value > 0 && value < 9.95) || (value > 99 && value < 100) ? value.toFixed(1) : value.toFixed(0)}\u00a0%`;
};

// A long name keeps its end: the end tells files apart.
function middle(name) {
  const all = Array.from(shown(name));
  const tail = all.length > 24 ? all.splice(-12) : [];
  return h('span', { class: 'mid', title: shown(name) },
    h('bdi', { class: 'a' }, all.join('')), tail.length ? h('bdi', { class: 'b' }, tail.join('')) : null);
}

// A name where there is little room: both ends, as names that begin alike differ in the end.
const brief = (name, room = 16) => {
  const all = Array.from(name);
  return all.length <= room ? name : `${all.slice(0, Math.ceil(room / 2)).join('')}…${all.slice(1 - Math.floor(room / 2)).join('')}`;
};

const SEVERITY = { error: '■', warning: '▲', info: '●' };
const sev = (severity) => h('span', { class: `sev ${severity}`, role: 'img', 'aria-label': severity, title: severity }, SEVERITY[severity] || '●');
const say = (text) => { $('#live').textContent = text; };
const cssVar = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia('(prefers-color-scheme: dark)');

// The state of the page lives in the address: #rule=AUD003&class=up&cell=off,up&item=…
const state = {
  read() {
    const found = {};
    for (const part of location.hash.slice(1).split('&')) {
      const at = part.indexOf('=');
      if (at < 1) continue;
      try {
        const raw = decodeURIComponent(part.slice(at + 1));
        found[part.slice(0, at)] = part.startsWith('cell=') ? raw.split(',').map(decodeURIComponent) : raw;
      } catch { /* a mangled link: that part is dropped */ }
    }
    return found;
  },
  write(changes) {
    const next = { ...state.read(), ...changes };
    const parts = [];
    for (const [key, value] of Object.entries(next)) {
      if (value === null || value === undefined || value === '') continue;
      const text = Array.isArray(value) ? value.map(encodeURIComponent).join(',') : value;
      parts.push(`${key}=${encodeURIComponent(text).replaceAll('%2C', ',')}`);
    }
    const hash = parts.length ? `#${parts.join('&')}` : ' ';
    try { history.replaceState(null, '', hash === ' ' ? location.pathname + location.search : hash); } catch { /* a viewer that keeps its own address */ }
  },
};

function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// A spreadsheet runs what begins with one of these: such a cell gets an apostrophe before it.
function csvCell(value) {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const CIVIDIS = ['00224e', '123570', '3b496c', '575d6d', '707173', '8a8678', 'a59c74', 'c3b369', 'e1cc55', 'fee838']
  .map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));
function cividis(t) {
  const at = Math.min(Math.max(t, 0), 1) * (CIVIDIS.length - 1);
  const k = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[k].map((v, c) => Math.round(v + (at - k) * (CIVIDIS[k + 1][c] - v)));
}
const rgb = (c) => `rgb(${c.join(',')})`;
// Black or white, whichever stands out more (WCAG relative luminance).
const luminance = (c) => c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const inkOn = (c) => (luminance(c) > 0.179 ? '#000000' : '#ffffff');

let DATA = null;

const labelOf = (code) => (code >= 0 ? DATA.labels[code] : null);
const nounFor = (n) => `${count(n)} ${DATA.noun[n === 1 ? 0 : 1]}`;

function media(k) {
  const block = document.getElementById(`m${k}`);
  return block ? JSON.parse(block.textContent) : null;
}

// What kind of thing the items are here: audio, image or text.
let KIND = null;
function kind() {
  if (KIND === null) {
    const any = document.querySelector('script[type="application/json"][id^="m"]');
    KIND = any ? JSON.parse(any.textContent).m.split('/')[0] : 'audio';
  }
  return KIND;
}
const words = (held) => (held?.d ? new TextDecoder().decode(fromBase64(held.d)) : '');

// Where the original lies, seen from this page.
function original(k) {
  const elsewhere = DATA.elsewhere[k];
  if (elsewhere !== undefined) return elsewhere;
  return `${DATA.base}/${DATA.items.id[k].split('/').map(encodeName).join('/')}`;
}
function encodeName(name) {
  try { return encodeURIComponent(name); } catch { return encodeURIComponent(shown(name)); }
}
