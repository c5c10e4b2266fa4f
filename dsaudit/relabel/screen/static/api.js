// Talking to the server: JSON both ways, errors in words.
export class ApiError extends Error {
  constructor(status, message, hint = '') {
    super(message);
    this.status = status;
    this.hint = hint;
  }

  // What the server refuses will be refused again; everything else is worth another try.
  get final() { return [400, 401, 403, 404, 405, 409, 413, 415, 421, 422].includes(this.status); }
}

const SLOW_MS = 15_000;

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(SLOW_MS), credentials: 'same-origin' });
  } catch {
    throw new ApiError(0, 'The server does not answer');
  }
  let body = null;
  try { body = await response.json(); } catch { /* not ours: the status says enough */ }
  if (!response.ok || body === null) throw new ApiError(response.ok ? 0 : response.status, body?.error || `The server answered ${response.status}`, body?.hint || '');
  return body;
}

export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== '');
  return ask(given.length ? `${path}?${new URLSearchParams(given)}` : path);
}

export function post(path, body) {
  return ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Dsaudit': '1' }, body: JSON.stringify(body) });
}
