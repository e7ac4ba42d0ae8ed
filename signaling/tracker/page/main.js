/**
 * The page: which channel, peer and view its address names, and back again.
 * ?channel=ADDRESS is a channel, &view=list its table, #peer=ID a peer of it.
 */

import { $, say } from './dom.js';
import { Overview } from './overview.js';
import { Room } from './room.js';

const room = new Room({ chosen, viewed, trouble });
const overview = new Overview({ open, trouble });

/** What the address says. */
function where() {
  const u = new URL(location.href);
  return {
    channel: u.searchParams.get('channel') || '',
    view: u.searchParams.get('view') === 'list' ? 'list' : 'mesh',
    peer: new URLSearchParams(u.hash.slice(1)).get('peer'),
  };
}

function address({ channel, view, peer }) {
  const query = new URLSearchParams();
  if (channel) query.set('channel', channel);
  if (channel && view === 'list') query.set('view', view);
  const u = new URL('./', document.baseURI);
  u.search = query.toString();
  u.hash = peer ? new URLSearchParams({ peer }).toString() : '';
  return u;
}

/** Shows what the address says. */
function apply() {
  const { channel, view, peer } = where();
  trouble('');
  overview.show(channel === '');
  if (channel === '') {
    room.close();
  } else {
    room.open(channel);
    room.show(view);
    if (peer !== room.chosen) room.choose(peer);
  }
  $('channel').value = channel;
  document.title = channel ? `${$('title').textContent} – hlspeer` : 'hlspeer';
}

/** A tracker cuts the query off an address, and so does the page, before anybody reads a secret in it. */
function open(channel) {
  const [name] = channel.trim().split('?');
  history.pushState(null, '', address({ channel: name, view: where().view }));
  apply();
}

function chosen(peer) {
  history.replaceState(null, '', address({ ...where(), peer }));
}

function viewed(view) {
  history.pushState(null, '', address({ ...where(), view }));
  room.show(view);
}

/** Says what is wrong, '' when all is well; only: instead of nothing but this. */
function trouble(sentence, only) {
  const notice = $('notice');
  if (only !== undefined && notice.textContent !== only) return;
  say(notice, sentence);
}

$('enter').addEventListener('submit', (e) => {
  e.preventDefault();
  open($('channel').value);
});
$('home').addEventListener('click', (e) => {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  open('');
});
addEventListener('popstate', apply);
addEventListener('keydown', (e) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
  if (typing || e.ctrlKey || e.metaKey || e.altKey || $('room').hidden) return;
  if (e.key === '/') $('search').focus();
  else if (e.key === 'v') viewed(room.view === 'mesh' ? 'list' : 'mesh');
  else if (e.key === 'Escape') room.choose(null);
  else return;
  e.preventDefault();
});

const THEMES = ['auto', 'light', 'dark'];

function paintTheme() {
  const theme = document.documentElement.dataset.theme ?? 'auto';
  say($('theme'), { auto: 'Auto', light: 'Light', dark: 'Dark' }[theme]);
  $('theme').setAttribute('aria-label', `Theme: ${theme}`);
}

$('theme').addEventListener('click', () => {
  const now = document.documentElement.dataset.theme ?? 'auto';
  const then = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (then === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = then;
  try {
    if (then === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', then);
  } catch { /* it is not kept */ }
  paintTheme();
  room.stage.repaint();
});

paintTheme();
apply();

/** For those who look at the page by program. */
window.hlspeer = Object.freeze({
  where: (id) => room.stage.where(id),
  get resting() { return room.stage.resting; },
});
