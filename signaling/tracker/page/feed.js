/**
 * The connection to the tracker: the feed of one channel, again and again until
 * it is closed, and the list of channels. What goes wrong is told as a sentence.
 */

const FIRST_WAIT = 800, LONGEST_WAIT = 12000; // ms
const TRY_AGAIN_LATER = 1013;

/** The address of something at the tracker, beside which the page lies. */
function at(path, parameters) {
  const u = new URL(path, document.baseURI);
  for (const [k, v] of Object.entries(parameters)) u.searchParams.set(k, v);
  return u;
}

/**
 * Asks for channels.
 * @throws {Error} with a sentence for people
 */
export async function channels(parameters) {
  let answer;
  try {
    answer = await fetch(at('api/v1/channels', parameters), { cache: 'no-store', signal: AbortSignal.timeout(10000) });
  } catch {
    throw new Error('The tracker does not answer.');
  }
  if (answer.status === 401) throw new Error('The tracker wants its token. Reload the page to give it.');
  if (answer.status === 403) throw new Error('The tracker shows its channels only to its own machine.');
  if (!answer.ok) throw new Error(`The tracker answers with ${answer.status}.`);
  return (await answer.json()).channels;
}

export class Feed {
  #socket = null;
  #timer = 0;
  #wait = FIRST_WAIT;
  #closed = false;

  /**
   * @param {string} channel
   * @param {{message: (m: object) => void, state: (ok: boolean, sentence: string) => void}} hear
   */
  constructor(channel, hear) {
    this.channel = channel;
    this.hear = hear;
    this.#open();
  }

  #open() {
    const u = at('topology', { room: this.channel });
    u.protocol = u.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = this.#socket = new WebSocket(u);
    socket.onmessage = (e) => {
      this.#wait = FIRST_WAIT;
      let m;
      try {
        m = JSON.parse(e.data);
      } catch {
        return;
      }
      this.hear.message(m);
    };
    socket.onopen = () => this.hear.state(true, '');
    socket.onclose = (e) => this.#lost(e);
  }

  async #lost(e) {
    if (this.#closed) return;
    this.hear.state(false, await this.#reason(e));
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#open(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
  }

  /** A browser does not tell why it got no socket, so the list is asked. */
  async #reason(e) {
    if (e.code === TRY_AGAIN_LATER) return 'Too many people watch this channel. Trying again.';
    try {
      await channels({ nodes: 0, channel: this.channel });
    } catch (err) {
      return `${err.message} Trying again.`;
    }
    return e.code === 1006 ? 'The tracker has no place for another viewer. Trying again.' : 'The connection ended. Trying again.';
  }

  #send(m) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(m));
  }

  askSnapshot() { this.#send({ action: 'get_topology' }); }

  askTotals() { this.#send({ action: 'get_stats' }); }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.onmessage = this.#socket.onclose = this.#socket.onopen = null;
    this.#socket.close();
  }
}
