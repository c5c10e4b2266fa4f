// An item is always the same card: its view, given and predicted label, why it is here, what is near.
function drawOutline(canvas, encoded) {
  const bytes = new Int8Array(fromBase64(encoded).buffer);
  const n = bytes.length / 2;
  const box = canvas.getBoundingClientRect();
  const ratio = devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, Math.round((box.width || 300) * ratio)));
  const height = (canvas.height = Math.max(1, Math.round((box.height || 64) * ratio)));
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, width, height);
  context.fillStyle = cssVar('--wave');
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * n) / width);
    const to = Math.max(from + 1, Math.floor(((x + 1) * n) / width));
    let low = 127;
    let high = -128;
    for (let k = from; k < to && k < n; k++) {
      low = Math.min(low, bytes[2 * k]);
      high = Math.max(high, bytes[2 * k + 1]);
    }
    const top = height / 2 - (high / 127) * (height / 2);
    context.fillRect(x, top, 1, Math.max(ratio, ((high - low) / 127) * (height / 2)));
  }
}

// Waveform over spectrogram on one time axis, with what the measurements know about the edges.
function itemView(k, { small = false } = {}) {
  const held = media(k);
  const name = shown(DATA.items.id[k]);
  if (k in DATA.failed) return h('div', { class: 'view' }, h('div', { class: 'nopic' }, `Cannot be ${DATA.noun[3]}: ${shown(DATA.failed[k])}`));
  if (!held) return h('div', { class: 'view' }, h('div', { class: 'nopic' }, `Not in this file: it ${DATA.noun[3] === 'played' ? 'plays and ' : ''}opens from the original, where that lies beside this page.`));
  if (held.m.startsWith('image/')) return h('div', { class: 'view' }, h('img', { class: 'photo', alt: name, src: held.d ? `data:${held.m};base64,${held.d}` : `data:image/png;base64,${held.t}` }));
  if (held.m.startsWith('text/')) return h('div', { class: 'view' }, h('p', { class: 'words', dir: 'auto' }, shown(words(held))));
  const view = h('div', { class: 'view', title: 'Play or stop', onclick: () => player.toggle(k) });
  const canvas = held.o ? h('canvas', { 'aria-hidden': 'true' }) : null;
  if (canvas) {
    view.append(canvas);
    const draw = () => canvas.isConnected && drawOutline(canvas, held.o);
    requestAnimationFrame(draw);
    view.redraw = draw;
  }
  if (held.t) view.append(h('img', { alt: `Spectrogram of ${name}`, src: `data:image/png;base64,${held.t}` }));
  const duration = held.s || 0;
  let active = true;
  const mark = (column) => DATA.marks[column]?.[k];
  if (duration > 0) {
    const onset = mark('onset_margin_ms') / 1000 / duration;
    const offset = mark('offset_margin_ms') / 1000 / duration;
    active = !(onset + offset > 0.98);
    if (active && onset > 0.02) view.append(h('div', { class: 'veil', title: 'quiet before', style: { left: 0, width: `${Math.min(100, 100 * onset)}%` } }));
    if (active && offset > 0.02) view.append(h('div', { class: 'veil', title: 'quiet after', style: { right: 0, width: `${Math.min(100, 100 * offset)}%` } }));
  }
  if (active && mark('start_cut') > 0.5) view.append(h('div', { class: 'cut', title: 'cut at the start', style: { left: 0 } }));
  if (active && mark('end_cut') > 0.5) view.append(h('div', { class: 'cut', title: 'cut at the end', style: { right: 0 } }));
  view.append(h('div', { class: 'head', hidden: true }));
  watchPlay(view, k);
  if (small || !(duration > 0)) return view;
  const digits = duration < 4 ? 2 : duration < 100 ? 1 : 0;
  return h('div', {}, view, h('div', { class: 'ticks', 'aria-hidden': 'true' },
    [0, 0.5, 1].map((t) => h('span', {}, `${(t * duration).toFixed(digits)}${t === 1 ? '\u00a0s' : ''}`))));
}

function watchPlay(view, k) {
  const head = $('.head', view);
  let seen = false;
  const watch = (event, current) => {
    seen = seen || view.isConnected;
    if (seen && !view.isConnected) { player.watchers.delete(watch); return; }
    const on = player.playing(k);
    view.classList.toggle('on', on);
    head.hidden = !on;
    if (on) head.style.left = `${100 * player.share()}%`;
  };
  player.watchers.add(watch);
}

function playButton(k) {
  const button = h('button', { type: 'button', class: 'play', onclick: () => player.toggle(k) }, '▶ Play');
  button.disabled = !player.canPlay(k);
  const watch = () => {
    if (!button.isConnected) { player.watchers.delete(watch); return; }
    button.textContent = player.playing(k) ? '■ Stop' : '▶ Play';
  };
  player.watchers.add(watch);
  return button;
}

const text = (name) => h('bdi', {}, shown(name));

function givenToPredicted(k, suggestion = -1) {
  const given = labelOf(DATA.items.given[k]);
  const other = labelOf(suggestion >= 0 ? suggestion : (DATA.items.predicted?.[k] ?? -1));
  const parts = [given === null ? h('span', { class: 'grey' }, 'no label') : text(given)];
  if (other !== null && other !== given) parts.push(h('span', { class: 'arrow' }, ' → '), text(other));
  return parts;
}

function card(k, { finding = null, choose }) {
  const id = DATA.items.id[k];
  const own = DATA.byItem.get(k) || [];
  const suggestion = own.map((f) => DATA.findings[f][5]).find((s) => s >= 0) ?? -1;
  const given = DATA.items.given[k];
  const predicted = DATA.items.predicted?.[k] ?? -1;
  const held = media(k);
  const sound = !held || held.m.startsWith('audio/');
  const box = h('div', {});
  box.append(h('div', {}, middle(id)));
  const word = suggestion >= 0 && suggestion !== given ? 'given → suggested' : predicted >= 0 && predicted !== given ? 'given → predicted' : predicted >= 0 ? 'given and predicted' : 'given';
  box.append(h('div', { class: 'gt' }, givenToPredicted(k, suggestion), h('small', {}, `  ${word}`)));
  box.append(itemView(k));
  box.append(h('div', { class: 'acts' }, sound ? playButton(k) : null,
    original(k) && h('a', { href: original(k), target: '_blank', rel: 'noopener', title: 'The file itself, where it lies beside this page' }, 'original'),
    h('a', { href: `#item=${encodeURIComponent(id)}`, title: 'A link to this item' }, 'link'),
    h('span', { class: 'grey small' }, DATA.items.split[k] >= 0 ? shown(DATA.splits[DATA.items.split[k]]) : '')));
  if (own.length) {
    const ordered = [...own].sort((a, b) => (b === finding) - (a === finding));
    box.append(h('ul', { class: 'whys' }, ordered.slice(0, 8).map((f) => {
      const [r, , , , message] = DATA.findings[f];
      const rule = DATA.rules[r];
      return h('li', {}, sev(rule.severity), h('span', {}, prose(sentence(message)), ' ', h('span', { class: 'tag' }, rule.name),
        DATA.findings[f][6] !== 'new' ? h('span', { class: 'tag' }, DATA.findings[f][6]) : null));
    })));
  } else box.append(h('p', { class: 'small grey' }, 'No listed finding.'));
  const doubt = DATA.doubt[k];
  if (doubt && !own.some((f) => DATA.rules[DATA.findings[f][0]].code === 'LBL001')) box.append(h('p', { class: 'small' }, 'Probability that this label is wrong: ', h('b', {}, percent(doubt[0] / 1000)), doubt[1] === 'wrong' ? '' : h('span', { class: 'grey' }, doubt[1] === 'ambiguous' ? '; two labels fit it as well' : '; no label fits it')));
  const top = DATA.top[k];
  if (top?.length) {
    const bars = h('div', { class: 'probs', role: 'list', 'aria-label': 'What the model thinks' });
    for (let j = 0; j < top.length; j += 2) {
      const name = shown(labelOf(top[j]) ?? '');
      bars.append(h('bdi', { class: 'n', title: name }, name + (top[j] === given ? ' (given)' : '')),
        h('span', { class: 't' }, h('i', { class: top[j] === given ? 'given' : '', style: { width: `${top[j + 1] / 10}%` } })),
        h('span', {}, percent(top[j + 1] / 1000)));
    }
    box.append(h('h4', {}, DATA.in_sample ? 'What the model thinks, which saw this label' : 'What the model thinks, never having seen it'), bars);
  }
  const set = finding !== null ? DATA.findings[finding][1] : [];
  if (set.length > 1) box.append(h('h4', {}, `In this set (${count(DATA.findings[finding][2])})`), others(set.filter((j) => j !== k).map((j) => [j, null]), given, choose));
  const near = DATA.near[k];
  if (near?.length) {
    const pairs = [];
    for (let j = 0; j < near.length; j += 2) pairs.push([near[j], near[j + 1]]);
    box.append(h('h4', {}, `Nearest ${DATA.noun[1]}, by what they are labelled`), others(pairs, given, choose));
  }
  return box;
}

// What can be seen of an item in a small space: its picture, the beginning of its text.
function glimpse(k) {
  const held = media(k);
  if (held?.t) return h('img', { class: 'mini', alt: '', src: `data:image/png;base64,${held.t}` });
  return held?.m.startsWith('text/') ? h('bdi', { class: 'grey' }, `${shown(words(held)).slice(0, 60)} `) : '';
}

function others(pairs, given, choose) {
  return h('ul', { class: kind() === 'text' ? 'near wordy' : 'near' }, pairs.map(([j, similarity]) => {
    const label = labelOf(DATA.items.given[j]);
    return h('li', {}, h('button', {
      type: 'button', class: DATA.items.given[j] !== given ? 'other' : '', title: shown(DATA.items.id[j]),
      onclick: () => (kind() === 'audio' ? player.toggle(j) : choose?.(j)), ondblclick: () => choose?.(j),
      'aria-label': `${kind() === 'audio' ? 'Play' : 'Show'} ${shown(DATA.items.id[j])}, labelled ${label === null ? 'nothing' : shown(label)}`,
    }, kind() === 'audio' ? '▶ ' : glimpse(j), label === null ? 'no label' : text(label), similarity === null ? '' : h('span', { class: 'grey' }, ` ${similarity}\u00a0%`)));
  }));
}
