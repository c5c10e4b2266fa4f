// What only the report needs: its data, figures, and the state in the address.
async function unpack(element) {
  const text = element.textContent;
  if (element.type !== 'application/gzip') return text;
  const bytes = fromBase64(text);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
}

// A capital begins a sentence, unless a class name begins it.
const sentence = (message) => (DATA.names.has(message.split(/[ ;,]/, 1)[0]) ? message : message.charAt(0).toUpperCase() + message.slice(1));
const percent = (share) => {
  const value = 100 * share;
  return `${(value > 0 && value < 9.95) || (value > 99 && value < 100) ? value.toFixed(1) : value.toFixed(0)}\u00a0%`;
};

// A name where there is little room: both ends, as names that begin alike differ in the end.
const brief = (name, room = 16) => {
  const all = Array.from(name);
  return all.length <= room ? name : `${all.slice(0, Math.ceil(room / 2)).join('')}…${all.slice(1 - Math.floor(room / 2)).join('')}`;
};

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
const LOCAL = location.protocol === 'file:'; // only there may the page look at what lies beside it

const labelOf = (code) => (code >= 0 ? DATA.labels[code] : null);
const nounFor = (n) => `${count(n)} ${DATA.noun[n === 1 ? 0 : 1]}`;

// What the script of the kind of data is told of an item, see view.js of the shared scripts.
function itemOf(k) {
  const block = document.getElementById(`m${k}`);
  const held = block ? JSON.parse(block.textContent) : null;
  const mime = held?.m ?? usualMime();
  const thumbnail = held?.t ? `data:image/${{ U: 'webp', '/': 'jpeg' }[held.t[0]] ?? 'png'};base64,${held.t}` : '';
  const image = mime.startsWith('image/') && !page.plays;
  // what this file does not hold is seen from the original, where that lies beside the page and a browser shows it
  const whole = held?.d && image ? `data:${mime};base64,${held.d}` : thumbnail || (image && !held && LOCAL ? original(k) : '');
  const away = `Not in this file: it ${page.plays ? 'plays and ' : ''}opens from the original, where that lies beside this page.`;
  return {
    k, mime, thumbnail, name: DATA.items.id[k], outline: held?.o, length_s: held?.s,
    failed: k in DATA.failed && `Cannot be ${DATA.noun[3]}: ${DATA.failed[k]}`,
    absent: !held && !whole && away,
    lost: held?.d ? '' : 'The original is not beside this page, so it cannot be played',
    marks: Object.fromEntries(Object.entries(DATA.marks).map(([column, values]) => [column, values[k]])),
    faults: (DATA.byItem?.get(k) ?? []).map((f) => DATA.rules[DATA.findings[f][0]].name),
    argued: DATA.argued?.[k] && { labels: DATA.argued[k].slice(0, 2).map(labelOf), parts: DATA.argued[k][2] },
    places: (DATA.byItem?.get(k) ?? []).flatMap((f) => (DATA.places[f] ? [{ rule: DATA.rules[DATA.findings[f][0]].name, box: DATA.places[f] }] : [])),
    said: (DATA.byItem?.get(k) ?? []).flatMap((f) => (DATA.said?.[f] ? [{ rule: DATA.rules[DATA.findings[f][0]].name, words: DATA.said[f], subject: DATA.findings[f][7] }] : [])),
    set: DATA.overview,
    origin: LOCAL && !original(k).includes('#') ? original(k) : '', // a part of a file is not all of it
    get url() { return held?.d ? lent(new Blob([fromBase64(held.d)], { type: mime })) : original(k); },
    picture: () => whole && h('img', { src: whole, onerror: (event) => event.target.closest('.view')?.replaceChildren(h('p', { class: 'nopic' }, away)) }),
    words: () => (held?.d ? new TextDecoder().decode(fromBase64(held.d)) : ''),
  };
}

// Items that this file does not hold are of the type of the others.
let usual = null;
function usualMime() {
  usual ??= JSON.parse($('script[type="application/json"][id^="m"]')?.textContent ?? '{}').m ?? '';
  return usual;
}
const wordy = () => usualMime().startsWith('text/');
const seen = () => glanced({ k: -1, mime: usualMime() });

// A picture as small as it is held; of what this file does not hold, the original.
function small(item) {
  const src = item.thumbnail || item.picture()?.src;
  if (item.failed || !src) return item.failed ? 'broken' : '';
  return h('img', { alt: '', class: page.plays ? null : 'still', loading: 'lazy', src, onerror: (event) => event.target.remove() });
}

// Pictures over the whole window: those of a list from one on, or one beside others.
function enlarge(ks, at = 0, { moved, beside = null } = {}) {
  zoom.open({ n: ks.length, at, moved, item: (j) => itemOf(ks[j]), words: (j) => captioned(ks[j], { plain: beside !== null }), beside: beside === null ? null : { item: itemOf(beside), words: captioned(beside, { plain: true }) } });
}
const captioned = (k, { plain = false } = {}) => [h('b', {}, plain ? text(labelOf(DATA.items.given[k]) ?? 'no label') : givenToPredicted(k)), ' ', middle(DATA.items.id[k]), plain && DATA.items.split[k] >= 0 ? h('span', { class: 'tag' }, shown(DATA.splits[DATA.items.split[k]])) : ''];

function givenToPredicted(k, suggestion = -1) {
  const given = labelOf(DATA.items.given[k]);
  const other = labelOf(suggestion >= 0 ? suggestion : (DATA.items.predicted?.[k] ?? -1));
  const parts = [given === null ? h('span', { class: 'grey' }, 'no label') : text(given)];
  if (other !== null && other !== given) parts.push(h('span', { class: 'arrow' }, ' → '), text(other));
  return parts;
}

// An address for what the file holds, one at a time.
let loan = '';
function lent(blob) {
  URL.revokeObjectURL(loan);
  loan = URL.createObjectURL(blob);
  return loan;
}

// Where the original lies, seen from this page.
function original(k) {
  const elsewhere = DATA.elsewhere[k];
  if (elsewhere !== undefined || !DATA.base) return elsewhere ?? '';
  return `${DATA.base}/${DATA.items.id[k].split('/').map(encodeName).join('/')}`;
}
function encodeName(name) {
  try { return encodeURIComponent(name); } catch { return encodeURIComponent(shown(name)); }
}

const play = (k) => plays(itemOf(k)) && player.play(itemOf(k));
const toggle = (k) => plays(itemOf(k)) && player.toggle(itemOf(k));

async function open() {
  DATA = JSON.parse(await unpack($('#data')));
  DATA.names = new Set(DATA.labels);
  player.start($('#player'));
  player.audio.addEventListener('playing', () => say(`Playing ${shown(DATA.items.id[player.k])}`));
}
