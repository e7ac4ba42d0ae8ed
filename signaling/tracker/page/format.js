/** Numbers as people read them; units stay on their line. */

const UNKNOWN = '–', GLUE = '\u00a0';
const plain = new Intl.NumberFormat('en');

export function count(n) { return plain.format(n); }

/** "1 peer", "2 peers". */
export function counted(n, one, many = one + 's') { return `${plain.format(n)} ${n === 1 ? one : many}`; }

export function percent(v) { return v === null || v === undefined ? UNKNOWN : `${Math.round(v * 100)}${GLUE}%`; }

function scaled(v, base, units) {
  let i = 0;
  while (v >= base && i < units.length - 1) {
    v /= base;
    i++;
  }
  return `${v >= 100 || i === 0 ? Math.round(v) : v.toFixed(1)}${GLUE}${units[i]}`;
}

/** Kilobytes of 1024 bytes. */
export function size(kb) {
  return kb === null || kb === undefined ? UNKNOWN : scaled(kb, 1024, ['KB', 'MB', 'GB', 'TB', 'PB']);
}

/** Bits per second. */
export function rate(bps) {
  if (bps === null || bps === undefined) return UNKNOWN;
  return bps === 0 ? '0' : scaled(bps / 1000, 1000, ['kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);
}

/** What an address of a channel ends with, for where there is little room. */
export function shortName(channel) {
  try {
    const u = new URL(channel);
    return u.host + u.pathname;
  } catch {
    return channel;
  }
}
