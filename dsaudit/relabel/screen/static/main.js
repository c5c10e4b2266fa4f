// The start of it all: who decides, which view, which key does what.
import { get } from './api.js';
import { Chooser, matching } from './chooser.js';
import { address, keyOf, kept, name } from './core.js';
import { $, $$, count, h, middle, say, shown } from './dom.js';
import { Desk } from './desk.js';
import { banner, clearFilters, filters, modes, progress, remaps, undoLine } from './edge.js';
import { Grid } from './grid.js';
import { page } from './kind.js';
import { Outbox } from './outbox.js';
import { player } from './player.js';
import { Single } from './single.js';
import { start } from './start.js';

const POLL_MS = 20_000;
const MODES = ['single', 'grid', 'settle'];

const app = {
  state: null,
  actor: '',
  reach: null,
  early: [], // keys pressed before the item was there: none is lost
  late: false, // one of them is done now

  // The item is there: what was pressed meanwhile, one key for each.
  caughtUp() {
    const event = app.early.shift();
    if (event) queueMicrotask(() => {
      app.late = true;
      document.dispatchEvent(new KeyboardEvent('keydown', { key: event.key, code: event.code, shiftKey: event.shiftKey, cancelable: true }));
      app.late = false;
    });
  },

  get scope() { return `${app.state.run.id}.${app.actor}`; },

  get mode() { return MODES.includes(address.read().mode) ? address.read().mode : 'single'; },

  pendingItems: () => app.outbox.pending.filter((op) => op.kind === 'decide').flatMap((op) => op.ks),

  // What is on screen: replaced as a whole, the focus goes to it unless it is on something that stays.
  mount(view, focus) {
    const { activeElement: at } = document;
    const inside = !at || at === document.body || $('#main').contains(at);
    $('#main').replaceChildren(view);
    if (inside && !$('dialog[open]')) focus?.focus({ preventScroll: true });
    scrollTo(0, 0);
  },

  filters: () => filters(app.state, () => app.filtered()),

  filtered() {
    app.screens.single.restart();
    if (app.mode === 'grid') app.screens.grid.restart();
  },

  clear() {
    clearFilters();
    app.filtered();
  },

  random() { app.show(Math.floor(Math.random() * app.state.n_items)); },

  show(k) {
    if (app.mode !== 'single') app.go('single');
    app.screen.queue.show(k);
  },

  go(what) {
    if (what === 'jump') { app.jump.show(); return; }
    if (what === 'help') { $('#help').showModal(); return; }
    if (what === 'name') { start(app, { again: true }); return; }
    app.screen?.close();
    address.write({ mode: what === 'single' ? null : what });
    app.screen = app.screens[what];
    app.edges();
    app.screen.open();
  },

  edges(kind = '') {
    progress(app.state, kind === 'undo' ? 0 : app.pendingItems().length);
    modes(app.state, app.mode, (what) => app.go(what));
    remaps(app.state, { put: (one) => app.desk.remap(one), changed: () => app.filtered() });
    app.foot();
  },

  foot() { undoLine(app.desk, app.state, { back: () => app.screen.back(), undo: app.undo, redo: app.redo }, { back: app.mode !== 'grid' }); },

  undo() {
    if (!app.desk.done.length && !app.state.can_undo) { say('Nothing to undo'); return; }
    const deed = app.desk.undo();
    if (deed) app.screen.taken(deed);
    app.edges('undo');
  },

  redo() {
    if (!app.desk.undone.length && !app.state.can_redo) { say('Nothing to redo'); return; }
    const deed = app.desk.redo();
    if (deed) app.screen.again(deed);
    app.edges();
  },

  // The server has it. Where this window did not know what the last deed was, the answer tells.
  sent(op, answer) {
    if (answer.state) app.state = { ...answer.state, actor: app.actor };
    if (op.kind !== 'decide' && op.what?.action === 'fields') {
      app.screens.single.queue.refresh();
      if (answer.ks?.length) app.screen.reveal(op.what.k);
    } else if (op.kind !== 'decide') {
      const ks = answer.ks || [];
      if (!op.ks.length && ks.length) app.desk.tell({ n: ks.length, id: `${ks.length} item${ks.length === 1 ? '' : 's'}`, action: 'decision', label: null, from: null }, op.kind);
      if (!op.ks.length && ks.length) app.screen.reveal(ks[0]);
      if (op.ks.length && ks.join() !== op.ks.join() && [...ks].sort().join() !== [...op.ks].sort().join()) {
        say(ks.length ? 'The last decision was made in another window: that one was taken back.' : 'There was nothing to take back.');
        if (ks.length) app.screen.reveal(ks[0]);
      }
    }
    app.edges();
    if (op.path === '/api/remap') app.filtered();
    if (op.path === '/api/fields' && op.what.n > 1) app.screens.single.queue.refresh();
    if (!app.outbox.pending.length) app.screen.stored?.();
    if (app.screen.queue && !app.screen.queue.current) { app.screen.queue.dry = false; app.screen.queue.fill(); app.screen.render(); }
  },

  warn() { banner(app.outbox, app.reach, { retry: () => { app.outbox.now(); app.poll(); }, again: () => app.outbox.resend(), show: (k) => app.show(k) }); },

  // first: labels to offer before anything is typed
  askClass(done, first = []) {
    app.choose = done;
    app.first = first;
    app.classes.show();
  },

  askMust(card, done) {
    app.remember = done;
    app.about = card;
    app.musts.show();
  },

  async poll() {
    try {
      const state = await get('/api/state', { actor: app.actor });
      if (state.run.id !== app.state.run.id) { location.reload(); return; }
      app.state = { ...state, actor: app.actor };
      app.reach = null;
      if (app.outbox.away) app.outbox.now();
      app.edges();
    } catch (error) {
      if (!('status' in error)) throw error;
      app.reach = error;
    }
    app.warn();
  },

  begin(actor, state) {
    app.actor = actor;
    app.state = { ...state, actor };
    kept.set('dsaudit.actor', actor);
    app.outbox = new Outbox(app.scope, { onsent: app.sent, onchange: () => { app.warn(); if (app.screen) progress(app.state, app.pendingItems().length); } });
    app.desk = new Desk({ outbox: app.outbox, actor: () => app.actor, blind: () => app.state.blind && app.mode !== 'settle', memory: `dsaudit.done.${app.scope}`, online: () => app.foot() });
    app.screens = { single: new Single(app), settle: new Single(app, { settle: true }), grid: new Grid(app) };
    document.title = `Re-label ${shown(state.run.dataset)} · dsaudit`;
    const { item } = address.read();
    address.write({ item: null });
    app.go(app.mode);
    if (/^\d+$/.test(item || '')) app.show(Number(item));
    app.warn();
    if (app.outbox.pending.length) app.outbox.drain();
    setInterval(() => { if (!document.hidden) app.poll(); }, POLL_MS);
    window.dsaudit = app;
    document.documentElement.dataset.ready = 'yes';
  },
};

app.classes = new Chooser({
  title: 'Which label?',
  placeholder: 'type a label',
  hint: 'A class that is not in the list yet is made only when you move to its line.',
  options(query) {
    const all = app.state.classes;
    const first = query ? [] : app.first.map((label) => all.find((c) => c.name === label)).filter(Boolean);
    const found = [...first, ...matching(all, query).filter((c) => !first.includes(c))].slice(0, 300).map((c) => ({ value: c.name, parts: [h('bdi', { class: 'label' }, shown(c.name)), h('span', { class: 'grey' }, count(c.n))] }));
    const exact = app.state.classes.some((c) => c.name === query);
    if (query && !exact) found.push({ value: query, explicit: true, parts: ['create the class ', name(query), h('span', { class: 'grey keyed' }, ' ↓ then Enter')] });
    return found;
  },
  pick: (label) => {
    if (!app.state.classes.some((c) => c.name === label)) app.state.classes.push({ name: label, n: 0 });
    app.choose(label);
  },
});

// What a model must say of an item: first what it gets wrong and what is right, then every class both ways.
app.musts = new Chooser({
  title: 'What must a model say of it?',
  placeholder: 'is or not, and a class',
  hint: 'The item goes into the gallery, with its note as the reason. Nothing is decided of its label.',
  options(query) {
    const [, how, rest] = /^(?:(is|not)\b:?\s*)?(.*)$/.exec(query);
    const { label, suggested } = app.about;
    const likely = query || app.state.blind ? [] : [['not', suggested], ['is', label]].filter(([, one]) => one !== null);
    const both = matching(app.state.classes, rest).flatMap(({ name: one }) => (how ? [how] : ['is', 'not']).map((is) => [is, one]));
    const fresh = both.filter(([is, one]) => !likely.some(([a, b]) => a === is && b === one));
    return [...likely, ...fresh].slice(0, 300).map(([is, one]) => ({ value: `${is}: ${one}`, parts: [h('span', {}, h('span', { class: 'grey' }, is), ' ', h('bdi', { class: 'label' }, shown(one)))] }));
  },
  pick: (must) => app.remember(must),
});

app.jump = new Chooser({
  title: 'Jump to an item',
  placeholder: 'part of its name',
  async options(query) {
    if (!query) return [];
    try {
      const { items } = await get('/api/search', { q: query, n: 20 });
      return items.map((i) => ({ value: i.k, parts: [middle(i.id), app.state.blind ? null : name(i.label), i.decided ? h('span', { class: 'grey' }, 'decided') : null].filter(Boolean) }));
    } catch (error) {
      if (!('status' in error)) throw error;
      return [];
    }
  },
  pick: (k) => app.show(k),
});

function keys(event) {
  if (event.defaultPrevented || event.isComposing || $('dialog[open]')) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (at.closest('input, textarea, select')) {
    if (event.key === 'Escape') { at.blur(); $('#main').focus({ preventScroll: true }); }
    return;
  }
  const key = keyOf(event);
  const undoes = key === 'z' && !event.altKey;
  if ((event.ctrlKey || event.metaKey || event.altKey) && !undoes) return;
  if (['enter', 'space'].includes(key) && at.closest('button, a, summary')) return;
  if (at.closest('pre') && key.startsWith('arrow') && !['arrowleft', 'arrowright'].includes(key)) return;
  // What is pressed behind a key that waits, waits with it: an undo is of that one.
  if (!app.screen || (app.screen.loading && (app.screen.keys[key] || (key === 'z' && app.early.length)))) {
    if (event.repeat || (!app.screen && event.target !== document.body)) return;
    event.preventDefault();
    if (app.late) app.early.unshift(event);
    else app.early.push(event);
    return;
  }
  const all = {
    z: () => (event.shiftKey ? app.redo() : app.undo()), g: () => (app.state.classes.length ? app.go(app.mode === 'grid' ? 'single' : 'grid') : say('There are no labels to decide many of at once.')), d: () => app.go(app.mode === 'settle' ? 'single' : 'settle'),
    j: () => app.go('jump'), '?': () => app.go('help'),
  };
  const does = all[key] || app.screen.keys[key];
  if (!does) return;
  event.preventDefault();
  // A key held down must not decide one item after another.
  if (event.repeat && !(app.mode === 'grid' && key.includes('arrow'))) return;
  does();
  if (app.late && !app.screen.loading) app.caughtUp();
}

document.addEventListener('keydown', keys);
document.addEventListener('showitem', (event) => app.show(event.detail));
// After a click the keys belong to the item again, not to the button that was clicked.
document.addEventListener('click', (event) => {
  if (event.detail > 0 && event.target instanceof Element && event.target.closest('main button, footer button, .bar button') && !$('dialog[open]')) ($('#main article') || $('#main')).focus({ preventScroll: true });
});
addEventListener('hashchange', () => {
  if (!app.screen) return;
  const { item } = address.read();
  if (app.screen !== app.screens[app.mode]) app.go(app.mode);
  app.filtered();
  if (/^\d+$/.test(item || '')) { address.write({ item: null }); app.show(Number(item)); }
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && app.screen) app.poll(); });
$('#help').addEventListener('click', (event) => event.target === $('#help') && $('#help').close());
player.start($('#player'), kept.get('dsaudit.rate', 1));
if (page.plays) document.documentElement.dataset.plays = '';
$('#help-note').textContent = page.note ?? '';
player.watchers.add((event) => { if (event === 'rate') kept.set('dsaudit.rate', player.rate); });
player.watchers.add((event) => { if (event !== 'time') $$('[data-play]').forEach((b) => b.classList.toggle('playing', player.playing(Number(b.dataset.play)))); });
start(app);
