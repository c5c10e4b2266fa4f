// The items in the order they are gone through: those seen, the one on screen, and the next ones, fetched ahead.
import { get } from './api.js';
import { tab } from './core.js';
import { itemOf } from './media.js';

const AHEAD = 8;
const REMEMBERED = 60;
const RETRY_MS = 2000;
const HELD_MS = 5000;

export class Cards {
  // source(n, after): {cards, left}; pending(): numbers of items whose decision is still on its way
  constructor({ source, pending, onarrive, actor, memory = null }) {
    Object.assign(this, { source, pending, onarrive, actor, memory });
    this.seen = memory ? tab.get(memory, []).map((k) => ({ k, card: null, decided: { action: 'seen' } })) : [];
    this.at = this.seen.length;
    this.next = [];
    this.left = null;
    this.dry = false;
    this.held = 0; // how many of what is left are on other people's screens, where nothing else is
    this.error = null;
    this.epoch = 0;
  }

  get current() { return this.seen[this.at] || null; }

  // Other filters: what nobody has seen yet is dropped, what was decided stays behind.
  restart() {
    this.epoch++;
    this.seen = this.seen.filter((e) => e.decided);
    this.at = this.seen.length;
    this.next = [];
    this.dry = false;
    this.filling = false;
    this.fill();
  }

  // What was fetched ahead is not what the server would say now.
  refresh() {
    this.epoch++;
    this.next = [];
    this.dry = false;
    this.filling = false;
    this.fill();
  }

  async fill() {
    if (this.filling || this.next.length > AHEAD / 2 || (this.dry && this.next.length)) return;
    this.filling = true;
    const { epoch } = this;
    const waiting = this.seen.filter((e) => !e.decided).map((e) => e.k);
    try {
      const wanted = AHEAD;
      const here = [...new Set([...this.next.map((c) => c.k), ...waiting, ...this.pending()])];
      const { cards, left } = await this.source(wanted, here);
      if (epoch !== this.epoch) return;
      const known = new Set([...this.next.map((c) => c.k), ...this.seen.filter((e) => !e.decided).map((e) => e.k), ...this.pending()]);
      const fresh = cards.filter((c) => !known.has(c.k));
      this.next.push(...fresh);
      this.left = left;
      this.dry = cards.length < wanted;
      this.held = cards.length || here.length ? 0 : left;
      if (this.held) setTimeout(() => epoch === this.epoch && this.fill(), HELD_MS);
      this.error = null;
      fresh.forEach(itemOf);
    } catch (error) {
      if (epoch !== this.epoch) return;
      if (!('status' in error)) throw error;
      this.error = error;
      if (!error.final) setTimeout(() => this.fill(), RETRY_MS);
    } finally {
      if (epoch === this.epoch) this.filling = false;
    }
    if (!this.current && this.next.length) this.pull();
    else if (!this.current) this.onarrive();
  }

  pull() {
    const card = this.next.shift();
    if (card) this.seen.push({ k: card.k, card, decided: null });
    this.at = card ? this.seen.length - 1 : this.seen.length;
    this.remember();
    this.fill();
    this.onarrive();
  }

  remember() { if (this.memory) tab.set(this.memory, this.seen.filter((e) => e.decided).slice(-REMEMBERED).map((e) => e.k)); }

  // After a decision: back to where one was, else the next of the queue.
  advance() {
    const ahead = this.seen.findIndex((e, j) => j > this.at && !e.decided);
    if (ahead < 0) { this.pull(); return; }
    this.at = ahead;
    this.remember();
    this.onarrive();
  }

  back() { return this.go(this.at - 1); }

  forward() {
    if (this.at < this.seen.length - 1) return this.go(this.at + 1);
    this.pull();
    return true;
  }

  go(at) {
    if (at < 0 || at >= this.seen.length) return false;
    this.at = at;
    this.look();
    return true;
  }

  // An item that was looked up, or comes back by undo, goes before the one on screen.
  show(k, card = null) {
    const at = this.seen.findIndex((e) => e.k === k);
    this.next = this.next.filter((c) => c.k !== k);
    if (at >= 0) { this.go(at); return; }
    this.at = Math.min(this.at, this.seen.length);
    this.seen.splice(this.at, 0, { k, card, decided: card?.decided || null });
    this.look();
  }

  // What is on screen as the server knows it; at once from memory where it is there.
  async look({ fresh = false } = {}) {
    const entry = this.current;
    this.onarrive();
    if (!entry || (entry.card && !fresh)) return;
    try {
      entry.card = await get(`/api/item/${entry.k}`, { actor: this.actor() });
      if (!this.pending().includes(entry.k)) entry.decided = entry.card.decided;
      this.error = null;
    } catch (error) {
      if (!('status' in error)) throw error;
      this.error = error;
      if (!error.final) setTimeout(() => this.current === entry && this.look({ fresh }), RETRY_MS);
    }
    if (this.current === entry) this.onarrive();
  }
}
