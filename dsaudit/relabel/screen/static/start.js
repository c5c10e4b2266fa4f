// Who decides? Asked once, remembered; not asked where the server was started with a name.
import { get } from './api.js';
import { kept, tab } from './core.js';
import { $, count, h, shown, text } from './dom.js';

const RETRY_MS = 2000;
const MINE = 'dsaudit.actor'; // of this window: a reload does not ask again

async function stateOf(actor) {
  for (;;) {
    try { return await get('/api/state', { actor }); } catch (error) {
      if (!('status' in error)) throw error;
      if (error.final || [401, 403].includes(error.status)) throw error;
      refuse(`${error.message}. Trying again …`);
      await new Promise((done) => { setTimeout(done, RETRY_MS); });
    }
  }
}

function refuse(words) {
  const box = $('#banner');
  box.hidden = false;
  box.replaceChildren(h('p', {}, words));
}

export async function start(app, { again = false } = {}) {
  let state;
  const boot = JSON.parse($('#boot').textContent);
  const asked = again ? app.actor : boot.actor || tab.get(MINE, '');
  try { state = asked && asked !== boot.actor ? await stateOf(asked) : boot; } catch (error) {
    refuse(`${error.message}. ${error.hint}`);
    return;
  }
  $('#banner').hidden = true;
  if (asked && !again) { app.begin(asked, state); return; }
  const dialog = $('#start');
  const field = $('#actor');
  $('#start-what').replaceChildren(text(state.run.dataset), `: ${count(state.queue.left)} of ${count(state.n_items)} ${state.noun[1]} to decide.`);
  field.value = kept.get('dsaudit.actor', '');
  const people = state.people.filter((p) => p.name);
  $('#people').replaceChildren(...(people.length ? [h('p', { class: 'small grey' }, people.length === 1 ? 'Already here:' : 'Already here, with what each has decided:'),
    h('ul', {}, people.map((p) => h('li', {}, h('button', { type: 'button', title: 'I am this person', onclick: () => { field.value = p.name; field.focus(); } }, text(p.name), h('span', { class: 'grey' }, ` ${count(p.n)}`)))))] : []));
  dialog.oncancel = (event) => { if (!again) event.preventDefault(); };
  $('form', dialog).onsubmit = async (event) => {
    event.preventDefault();
    const actor = field.value.trim();
    $('#start-error').textContent = actor ? '' : 'A name is needed: decisions are kept under it.';
    if (!actor) return;
    try {
      const known = await stateOf(actor);
      kept.set('dsaudit.actor', actor);
      tab.set(MINE, actor);
      dialog.close();
      if (again) { if (actor !== app.actor) location.reload(); return; }
      app.begin(actor, known);
    } catch (error) {
      $('#start-error').textContent = shown(`${error.message}. ${error.hint}`);
    }
  };
  if (!dialog.open) dialog.showModal();
  field.select();
}
