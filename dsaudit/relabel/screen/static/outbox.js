// Decisions on their way: kept in the browser until the server has them, in order, each with a request id, so that
// sending one twice stores it once. A reload, a server that is away or a closed lid loses nothing.
import { post } from './api.js';
import { kept } from './core.js';

const PATIENCE = 4;
const WAITS_S = [1, 1, 2, 3, 5, 8, 15];

export class Outbox {
  constructor(key, { onsent, onchange }) {
    this.key = `dsaudit.outbox.${key}`;
    this.onsent = onsent;
    this.onchange = onchange;
    this.memory = kept.get(this.key, []);
    this.refused = kept.get(`${this.key}.refused`, []);
    this.failures = 0;
    this.error = null;
    this.safe = true;
    addEventListener('online', () => this.now());
    addEventListener('beforeunload', (event) => { if (this.memory.length && !this.safe) event.preventDefault(); });
    // Another window of the same person shares the box: one of them sends, both see it.
    addEventListener('storage', (event) => { if (event.key === this.key) { this.memory = kept.get(this.key, []); this.onchange(); } });
  }

  get pending() { return this.memory; }

  get away() { return this.error !== null; }

  // op: {id, path, body, after: id of the request it takes back, ks, n}
  add(op) {
    this.write([...this.read(), op]);
    this.onchange();
    if (!this.timer) this.drain();
  }

  read() { return this.safe ? kept.get(this.key, this.memory) : this.memory; }

  write(ops) {
    this.memory = ops;
    this.safe = kept.set(this.key, ops);
  }

  now() {
    clearTimeout(this.timer);
    this.timer = null;
    this.drain();
  }

  drain() {
    if (this.sending) return;
    this.sending = true;
    const all = () => this.sendAll();
    const run = navigator.locks ? navigator.locks.request(this.key, all) : all();
    run.finally(() => { this.sending = false; if (this.memory.length && !this.timer) this.drain(); });
  }

  async sendAll() {
    for (let ops = this.read(); ops.length; ops = this.read()) {
      const op = ops[0];
      try {
        // What takes back a refused decision must not take back the one before it.
        const answer = op.after && this.refused.some((r) => r.id === op.after) ? null : await post(op.path, op.body);
        this.write(this.read().filter((o) => o.id !== op.id));
        this.failures = 0;
        this.error = null;
        if (answer) this.onsent(op, answer);
        else this.refuse(op, '');
      } catch (error) {
        // A server that breaks on one decision must not hold up all the others for ever.
        if (error.final || (error.status === 500 && this.failures >= PATIENCE)) {
          this.failures = 0;
          this.error = null;
          this.write(this.read().filter((o) => o.id !== op.id));
          this.refuse(op, error.message, error.hint);
        } else {
          if (!('status' in error)) throw error;
          this.error = error;
          const wait = WAITS_S[Math.min(this.failures++, WAITS_S.length - 1)];
          this.timer = setTimeout(() => this.now(), 1000 * wait);
          this.onchange();
          return;
        }
      }
      this.onchange();
    }
    this.memory = this.read();
  }

  refuse(op, error, hint = '') {
    this.refused = [...this.refused, { id: op.id, ks: op.ks, what: op.what, error, hint, op }];
    kept.set(`${this.key}.refused`, this.refused);
  }

  // What was refused, once more: the label may be allowed now, or the server mended.
  resend() {
    const ops = this.refused.map((r) => r.op);
    this.forgive();
    ops.forEach((op) => this.add(op));
  }

  forgive() {
    this.refused = [];
    kept.set(`${this.key}.refused`, []);
    this.onchange();
  }
}
