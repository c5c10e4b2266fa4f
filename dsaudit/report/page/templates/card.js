// An item is always the same card: its view, given and predicted label, why it is here, what is near.
function playButton(item) {
  const button = h('button', { type: 'button', class: 'play', disabled: !plays(item), onclick: () => player.toggle(item) });
  player.follow(button, () => { button.textContent = player.playing(item.k) ? '■ Stop' : '▶ Play'; });
  return button;
}

function card(k, { finding = null, choose, onzoom = null }) {
  const id = DATA.items.id[k];
  const own = DATA.byItem.get(k) || [];
  const suggestion = own.map((f) => DATA.findings[f][5]).find((s) => s >= 0) ?? -1;
  const given = DATA.items.given[k];
  const predicted = DATA.items.predicted?.[k] ?? -1;
  const item = itemOf(k);
  const box = h('div', {});
  box.append(h('div', {}, middle(id)));
  const word = suggestion >= 0 && suggestion !== given ? 'given → suggested' : predicted >= 0 && predicted !== given ? 'given → predicted' : predicted >= 0 ? 'given and predicted' : 'given';
  box.append(h('div', { class: 'gt' }, givenToPredicted(k, suggestion), h('small', {}, `  ${word}`)));
  const set = finding === null ? [] : DATA.findings[finding][1];
  const rest = set.filter((j) => j !== k);
  const held = rest.length > 0 && (seen() || (compares(item) && copies(finding)));
  const view = held ? pairs(k, rest) : itemView(item);
  if (glanced(item) && !rest.length && !item.failed && !item.absent) view.addEventListener('click', () => (onzoom ?? enlarge)([k]));
  box.append(view);
  box.append(h('div', { class: 'acts' }, page.plays && (item.failed || plays(item)) ? playButton(item) : null,
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
  const must = labelOf(predicted) !== null && predicted !== given ? ['not', predicted] : given >= 0 ? ['is', given] : null;
  if (must) {
    const command = h('span', { class: 'cmd' }, h('code', {}, `dsaudit gallery add ${quoted(id)} --run ${DATA.run} --must ${quoted(`${must[0]}: ${labelOf(must[1])}`)}`));
    first.command(command);
    box.append(h('details', { class: 'small' }, h('summary', {}, `Into the gallery: must ${must[0] === 'is' ? '' : 'not '}be `, text(labelOf(must[1]))), command));
  }
  const doubt = DATA.doubt[k];
  if (doubt && doubt[0] !== null && !own.some((f) => DATA.rules[DATA.findings[f][0]].code === 'LBL001')) box.append(h('p', { class: 'small' }, 'Probability that this label is wrong: ', h('b', {}, percent(doubt[0] / 1000)), doubt[1] === 'wrong' ? '' : h('span', { class: 'grey' }, doubt[1] === 'ambiguous' ? '; two labels fit it as well' : '; no label fits it')));
  const top = DATA.top[k];
  if (top?.length) {
    const bars = h('div', { class: 'probs', role: 'list', 'aria-label': 'What the model thinks' });
    for (let j = 0; j < top.length; j += 2) {
      const name = shown(labelOf(top[j]) ?? '');
      bars.append(h('bdi', { class: 'n', title: name }, name + (top[j] === given ? ' (given)' : '')),
        h('span', { class: 't' }, h('i', { class: top[j] === given ? 'given' : '', style: { width: `${top[j + 1] / 10}%` } })),
        h('span', {}, percent(top[j + 1] / 1000)));
    }
    box.append(h('h4', {}, doubt ? 'How probable each label is, by model and neighbours' : DATA.in_sample ? 'What the model thinks, which saw this label' : 'What the model thinks, never having seen it'), bars);
  }
  if (rest.length > (held ? 1 : 0)) box.append(h('h4', {}, `In this set (${count(DATA.findings[finding][2])})`), others(k, rest.map((j) => [j, null]), choose));
  const other = suggestion >= 0 ? suggestion : predicted;
  const typical = other === given ? [] : (DATA.typical[other] ?? []).filter((j) => j !== k);
  if (typical.length) box.append(h('h4', {}, 'Typical of ', text(labelOf(other))), said(other), others(k, typical.map((j) => [j, null]), choose, { own: other }));
  const near = DATA.near[k];
  if (near?.length) {
    const pairs = [];
    for (let j = 0; j < near.length; j += 2) pairs.push([near[j], near[j + 1]]);
    box.append(h('h4', {}, `Nearest ${DATA.noun[1]}, by what they are labelled`), others(k, pairs, choose));
  }
  return box;
}

// As a shell takes it.
const quoted = (words) => (/^[\w@%+=:,./-]+$/.test(words) ? words : `'${words.replaceAll("'", "'\"'\"'")}'`);

// Whether a finding is about a set of copies.
const copies = (finding) => /^(DUP|SPL)/.test(DATA.rules[DATA.findings[finding][0]].code);

// Words that set a class apart, where it has any.
const said = (label) => (DATA.terms?.[label] ? h('p', { class: 'small grey terms' }, DATA.terms[label].map((term) => h('bdi', {}, shown(term)))) : '');

// A set as pairs: the item beside another, and what differs.
function pairs(k, rest) {
  const box = h('div', {});
  const show = (at) => {
    const view = pairView(itemOf(k), itemOf(rest[at]), { words: [captioned(k, { plain: true }), captioned(rest[at], { plain: true })] });
    if (seen()) view.addEventListener('click', () => enlarge(rest, at, { beside: k, moved: show }));
    box.replaceChildren(view, rest.length > 1 ? h('p', { class: 'small' }, h('button', { type: 'button', class: 'plain', onclick: () => show((at + 1) % rest.length) }, 'Next pair'), ` ${at + 1} of ${rest.length}`) : '');
  };
  show(0);
  return box;
}

// What lies near k: to play, to choose, or as pictures, one of which is enlarged beside it.
function others(k, pairs, choose, { own = DATA.items.given[k] } = {}) {
  const ks = pairs.map(([j]) => j);
  const look = (j) => (seen() ? enlarge(ks, ks.indexOf(j), { beside: k }) : choose?.(j));
  return h('ul', { class: `near${wordy() ? ' wordy' : seen() ? ' seen' : ''}` }, pairs.map(([j, similarity]) => {
    const item = itemOf(j);
    const label = labelOf(DATA.items.given[j]);
    return h('li', {}, h('button', {
      type: 'button', class: DATA.items.given[j] !== own ? 'other' : '', title: shown(item.name),
      onclick: () => (page.plays ? toggle(j) : look(j)), ondblclick: () => choose?.(j),
      'aria-label': `${page.plays ? 'Play' : 'Show'} ${shown(item.name)}, labelled ${label === null ? 'nothing' : shown(label)}`,
    }, seen() ? small(item) : glimpse(item), label === null ? 'no label' : text(label), similarity === null ? '' : h('span', { class: 'grey' }, ` ${similarity}\u00a0%`)));
  }));
}
