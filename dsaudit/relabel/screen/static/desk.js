// Deciding, undoing, redoing: what this window did, put into words, and sent through the outbox.
import { name, newId, tab } from './core.js';
import { h, middle, say, shown, text } from './dom.js';

export function worded(action, label, from) {
  if (action === 'confirm') return ['confirmed as ', name(from ?? label)];
  if (action === 'relabel' && (from === null || from === undefined)) return ['labelled ', name(label)];
  if (action === 'relabel') return [name(from), ' → ', name(label)];
  return [{ exclude: 'excluded', unsure: 'left as unsure', skip: 'skipped', apart: 'no copies of one another: ' }[action] || action];
}

export class Desk {
  constructor({ outbox, actor, blind, memory, online }) {
    Object.assign(this, { outbox, actor, blind, memory, online });
    this.done = tab.get(memory, []);
    this.undone = [];
    this.line = null;
  }

  // rows: [{card, action, label, note, settles, before}], decided together and undone together
  decide(rows) {
    const id = newId();
    const decisions = rows.map(({ card, action, label = null, note = '', settles = false }, j) => ({
      k: card.k, content_hash: card.content_hash, action, label, note, cause: card.cause || '', settles: Boolean(settles), request_id: rows.length > 1 ? `${id}/${j}` : id,
    }));
    const [first] = rows;
    const what = { n: rows.length, id: first.card.id, action: first.action, label: first.label ?? null, from: this.blind() ? null : first.card.label };
    const ks = rows.map((r) => r.card.k);
    this.push({ id, ks, what });
    this.undone = [];
    this.outbox.add({ id, path: '/api/decide', body: { actor: this.actor(), decisions }, ks, what, kind: 'decide' });
    this.tell(what);
  }

  // Whole classes put right: which items that are is the server's to say.
  remap(one) {
    const id = newId();
    const what = { n: Math.max(one.n, 2), id: '', action: 'put right', label: null, from: null };
    this.push({ id, ks: [], what });
    this.undone = [];
    this.outbox.add({ id, path: '/api/remap', body: { actor: this.actor(), finding: one.finding }, ks: [], what, kind: 'decide' });
    this.tell(what);
  }

  // The items of a set are no copies of one another; nothing else is decided of them.
  apart(card) {
    const id = newId();
    const ks = [card.k, ...card.set.map((one) => one.k)];
    const what = { n: ks.length, id: '', action: 'apart', label: null, from: null };
    this.push({ id, ks: [], what });
    this.undone = [];
    this.outbox.add({ id, path: '/api/apart', body: { actor: this.actor(), ks, request_id: id }, ks: [], what, kind: 'decide' });
    this.tell(what);
  }

  // Values of fields of one item, or of all items with the same repair; `ks` where the item is done with.
  fields({ card, fields, alike, rest, note, words, n, ks }) {
    const id = newId();
    const what = { n, id: card.id, action: 'fields', label: null, from: null, words, k: card.k };
    this.push({ id, ks, what });
    this.undone = [];
    this.outbox.add({ id, path: '/api/fields', body: { actor: this.actor(), k: card.k, content_hash: card.content_hash, fields, alike, rest, note, request_id: id }, ks, what, kind: 'decide' });
    this.tell(what);
  }

  push(deed) {
    this.done = [...this.done, deed].slice(-200);
    tab.set(this.memory, this.done);
  }

  // Returns the deed taken back, or null where only the server knows what the last one was.
  undo() { return this.reverse('/api/undo', 'undo', this.done.pop() || null, this.undone); }

  redo() {
    const deed = this.undone.pop() || null;
    return this.reverse('/api/redo', 'redo', deed, this.done);
  }

  reverse(path, kind, deed, onto) {
    const id = newId();
    if (deed) onto.push({ ...deed, by: id });
    tab.set(this.memory, this.done);
    this.outbox.add({ id, path, body: { actor: this.actor(), request_id: id }, after: deed?.by || deed?.id || null, ks: deed?.ks || [], what: deed?.what || null, kind });
    if (deed) this.tell(deed.what, kind);
    return deed;
  }

  // What the gallery was told, or why it was not: no decision, and nothing that is undone here.
  remembered(card, must, error = null) {
    const said = error ? `Not in the gallery: ${error.message}.` : `In the gallery: ${must.replace(': ', ' ')}`;
    this.line = h('span', { class: 'deed' }, h('span', { class: 'said' }, shown(said)), middle(card.id));
    this.online('gallery');
    say(shown(said));
  }

  // The undo line.
  tell(what, kind = 'decide') {
    const lead = { decide: [], undo: ['taken back: '], redo: ['done again: '] }[kind];
    const words = [lead, what.words ? text(what.words) : worded(what.action, what.label, what.n > 1 ? null : what.from)];
    const whom = what.n > 1 ? h('span', {}, `${what.n} ${what.words ? 'values' : 'items'}`) : middle(what.id);
    this.line = h('span', { class: 'deed' }, h('span', { class: 'said' }, ...words), whom);
    this.online(kind);
    this.spoken = `${lead.join('')}${what.n > 1 ? `${what.n} items ` : ''}${{ confirm: 'confirmed', relabel: `relabelled ${shown(what.label ?? '')}`, exclude: 'excluded', unsure: 'unsure', skip: 'skipped' }[what.action] || shown(what.words ?? what.action)}`;
    if (kind !== 'decide' || what.n > 1) say(this.spoken);
  }
}
