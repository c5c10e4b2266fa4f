// One sound at a time, at the speed chosen. Browsers stay silent until the first key or click: then it says so and waits.
import { kept, say } from './core.js';

const RATES = [1, 1.5, 2];

export const player = {
  audio: null,
  k: null,
  blocked: false,
  rate: RATES.includes(kept.get('dsaudit.rate', 1)) ? kept.get('dsaudit.rate', 1) : 1,
  watchers: new Set(),

  start(audio) {
    player.audio = audio;
    for (const event of ['play', 'pause', 'ended', 'error', 'loadedmetadata']) audio.addEventListener(event, () => player.tell(event));
    audio.addEventListener('play', () => requestAnimationFrame(player.frame));
    const woken = (event) => {
      if (!player.blocked || event.repeat) return;
      player.blocked = false;
      player.tell('blocked');
      if (keyPlays(event)) return;
      player.again();
    };
    addEventListener('pointerup', woken);
    addEventListener('keydown', woken);
  },

  frame() {
    if (player.audio.paused) return;
    player.tell('time');
    requestAnimationFrame(player.frame);
  },

  tell(event) { for (const watch of [...player.watchers]) watch(event); },

  playing: (k) => player.k === k && !player.audio.paused && !player.audio.ended,

  async play(k, url) {
    if (player.k !== k) {
      player.k = k;
      player.audio.src = url;
    } else player.audio.currentTime = 0;
    await player.again();
  },

  async again() {
    player.audio.defaultPlaybackRate = player.rate;
    player.audio.playbackRate = player.rate;
    try {
      await player.audio.play();
      if (player.blocked) { player.blocked = false; player.tell('blocked'); }
    } catch (error) {
      if (error.name === 'NotAllowedError') { player.blocked = true; player.tell('blocked'); }
      else if (error.name !== 'AbortError') { say('The browser cannot play this sound'); player.tell('error'); }
    }
  },

  stop() {
    player.audio.pause();
    if (player.audio.readyState) player.audio.currentTime = 0;
  },

  silence() {
    player.audio.pause();
    player.k = null;
    player.blocked = false;
  },

  toggle(k, url) {
    if (player.playing(k)) player.stop();
    else player.play(k, url);
  },

  faster() {
    player.rate = RATES[(RATES.indexOf(player.rate) + 1) % RATES.length];
    kept.set('dsaudit.rate', player.rate);
    player.audio.playbackRate = player.rate;
    player.tell('rate');
    say(`Speed ${player.rate} times`);
  },

  share() {
    const { duration, currentTime } = player.audio;
    return duration > 0 ? currentTime / duration : 0;
  },
};

// Space plays by itself, Ctrl and the like are no gesture.
const keyPlays = (event) => event.type === 'keydown' && [' ', 'Control', 'Shift', 'Alt', 'Meta', 'Escape'].includes(event.key);
