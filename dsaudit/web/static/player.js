// One sound at a time, at the speed chosen. Browsers stay silent until the first key or click: then it says so and waits.
import { say } from './dom.js';

const RATES = [1, 1.5, 2];

export const player = {
  audio: null,
  k: null,
  lost: '',
  blocked: false,
  rate: 1,
  watchers: new Set(), // called with what happened and the number of the item

  start(audio, rate = 1) {
    player.audio = audio;
    if (RATES.includes(rate)) player.rate = rate;
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

  tell(event) { for (const watch of [...player.watchers]) watch(event, player.k); },

  // Calls `look` at once and at every change, until the element that was on the page is there no more.
  follow(element, look) {
    let seen = false;
    const watch = () => {
      seen = seen || element.isConnected;
      if (seen && !element.isConnected) player.watchers.delete(watch);
      else look();
    };
    player.watchers.add(watch);
    look();
  },

  playing: (k) => player.k === k && !player.audio.paused && !player.audio.ended,

  // item: see view.js
  async play(item) {
    if (player.k !== item.k || player.audio.error) {
      player.audio.pause();
      player.k = item.k;
      player.lost = item.lost || 'The browser cannot play this sound';
      player.audio.src = item.url;
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
      else if (error.name !== 'AbortError') { say(player.lost); player.tell('error'); }
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

  toggle(item) {
    if (player.playing(item.k)) player.stop();
    else player.play(item);
  },

  faster() {
    player.rate = RATES[(RATES.indexOf(player.rate) + 1) % RATES.length];
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
