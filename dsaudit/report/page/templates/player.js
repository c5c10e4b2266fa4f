// One sound at a time.
const player = {
  current: -1,
  url: null,
  watchers: new Set(),
  audio: null,

  start() {
    player.audio = $('#player');
    for (const event of ['play', 'pause', 'ended', 'error', 'loadedmetadata']) {
      player.audio.addEventListener(event, () => player.tell(event));
    }
    const frame = () => {
      if (!player.audio.paused) player.tell('time');
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  },

  tell(event) {
    for (const watch of [...player.watchers]) watch(event, player.current);
  },

  playing(k) {
    return player.current === k && !player.audio.paused && !player.audio.ended;
  },

  canPlay(k) {
    return !(k in DATA.failed);
  },

  async play(k) {
    if (!player.canPlay(k)) return false;
    const held = media(k);
    if (held && !held.m.startsWith('audio/')) return false;
    player.audio.pause();
    player.current = k;
    if (player.url) URL.revokeObjectURL(player.url);
    player.url = held?.d ? URL.createObjectURL(new Blob([fromBase64(held.d)], { type: held.m })) : null;
    player.audio.src = player.url || original(k);
    try {
      await player.audio.play();
      say(`Playing ${shown(DATA.items.id[k])}`);
      return true;
    } catch (error) {
      if (error.name === 'AbortError') return false;
      say(player.url ? 'The browser cannot play this sound' : 'The original is not beside this page, so it cannot be played');
      player.tell('error');
      return false;
    }
  },

  stop() {
    player.audio.pause();
    player.audio.currentTime = 0;
  },

  toggle(k) {
    if (player.playing(k)) player.stop();
    else player.play(k);
  },

  share() {
    const { duration, currentTime } = player.audio;
    return duration > 0 ? currentTime / duration : 0;
  },
};
