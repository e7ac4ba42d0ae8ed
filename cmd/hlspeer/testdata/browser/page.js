'use strict';

const video = document.querySelector('video');
const faults = []; // what the player reports, a line each
let over = false; // the player has ended or given up
let began = 0; // when the player was given the address
let firstFrame = 0; // ms from there to the first picture
let from = 0; // where the clock stood then

// report is what the test asks for while the player plays.
function report() {
  const shown = firstFrame > 0;
  return {
    firstFrame,
    lasted: performance.now() - began,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    media: shown ? video.currentTime - from : 0,
    over,
    faults,
  };
}

// fault notes what went wrong; one that the player does not survive ends it.
function fault(text, fatal) {
  faults.push(`${fatal ? 'fatal: ' : ''}${text} at ${video.currentTime.toFixed(2)} s`);
  over ||= fatal;
}

// harmless says what hls.js reports also when it plays a good source with
// nobody between.
function harmless(e) {
  // With alternate audio it appends one segment at the start that it has already.
  return e.details === 'bufferAppendNoProgress' && e.appendsWithoutProgress === 1;
}

const players = {
  async 'hls.js'(url) {
    await library('hls.js/dist/hls.min.js');
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, e) => {
      if (harmless(e)) return;
      const where = e.frag ? `, ${e.frag.type} ${e.frag.level} segment ${e.frag.sn}` : '';
      fault(`hls.js ${e.details}: ${e.error?.message ?? e.reason ?? ''} (${e.response?.code ?? '-'}${where})`, e.fatal);
    });
    load(() => {
      hls.loadSource(url);
      hls.attachMedia(video);
    });
  },

  async shaka(url) {
    await library('shaka-player/dist/shaka-player.compiled.js');
    const player = new shaka.Player();
    const failed = (e) => fault(`shaka error ${e.code ?? e} (${e.data ?? ''})`, e.severity === shaka.util.Error.Severity.CRITICAL);
    player.addEventListener('error', (event) => failed(event.detail));
    // Film that it leaves out, without calling that an error.
    player.addEventListener('gapjumped', () => fault('shaka jumped over a gap', false));
    player.addEventListener('stalldetected', () => fault('shaka saw a stall', false));
    await player.attach(video);
    load(() => player.load(url).catch(failed));
  },

  // Chromium's own.
  async video(url) {
    load(() => { video.src = url; });
  },
};

// library loads a script of a package.
function library(path) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `node_modules/${path}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`no ${path}: make deps installs it`));
    document.head.append(script);
  });
}

// load starts the player and the clock.
function load(start) {
  video.requestVideoFrameCallback(() => {
    firstFrame = performance.now() - began;
    from = video.currentTime;
  });
  video.addEventListener('error', () => fault(`video error ${video.error.code}: ${video.error.message}`, true));
  video.addEventListener('ended', () => { over = true; });
  began = performance.now();
  start();
}

const query = new URLSearchParams(location.search);
players[query.get('player')](query.get('url')).catch((e) => fault(`page: ${e.message}`, true));
