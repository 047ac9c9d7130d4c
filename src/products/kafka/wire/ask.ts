/** Asks a node past its link how topics are called, where no answer to Metadata has passed that says it. */
import { connect } from 'node:net';
import { frame } from '../../../broker/wire/frame.ts';
import { decodeResponse, encodeRequest } from '../../../broker/wire/message.ts';
import type { LinkTarget } from '../../../link/interceptor.ts';
import { noAbort, within } from '../../../wait.ts';
import { metadata } from './apis.ts';
import { lengthBytes } from './frame-stream.ts';
import { unlessMalformed } from './request.ts';
import type { TopicNames } from './topic-names.ts';

const boundMs = 2000;
/** So long nobody asks again for an id that the node did not know, or that it gave no answer about. */
const patienceMs = 5000;
/** The first version that takes ids (KAFKA-10774). */
const version = 12;

interface Asked {
  readonly atMs: number;
  readonly answered: Promise<void>;
  over: boolean;
}

export class NameAsker {
  readonly #names: TopicNames;
  readonly #target: LinkTarget;
  readonly #asked = new Map<string, Asked>();

  constructor(names: TopicNames, target: LinkTarget) {
    this.#names = names;
    this.#target = target;
  }

  /** Resolves, within 2 s, when the names have learned what the node says. Undefined: it was asked a moment ago. */
  ask(ids: readonly string[]): Promise<void> | undefined {
    const nowMs = performance.now();
    for (const [id, { atMs, over }] of this.#asked) if (over && nowMs - atMs > patienceMs) this.#asked.delete(id);
    const pending = ids.flatMap((id) => this.#asked.get(id) ?? []).filter(({ over }) => !over);
    const fresh = ids.filter((id) => !this.#asked.has(id));
    if (fresh.length > 0) pending.push(this.#begin(fresh, nowMs));
    return pending.length === 0 ? undefined : Promise.all(pending.map(({ answered }) => answered)).then(() => {});
  }

  #begin(ids: readonly string[], atMs: number): Asked {
    const answered = this.#learn(ids).finally(() => {
      asked.over = true;
    });
    const asked: Asked = { atMs, answered, over: false };
    for (const id of ids) this.#asked.set(id, asked);
    return asked;
  }

  /** A node that gives no answer, because it wants TLS or a login or is down, leaves the names as they are. */
  async #learn(ids: readonly string[]): Promise<void> {
    const answer = await metadataOf(this.#target, ids).catch(() => undefined);
    if (answer === undefined) return;
    const body = unlessMalformed(() => decodeResponse(metadata, version, answer.subarray(lengthBytes))[1]);
    if (body !== undefined) this.#names.learn(body);
  }
}

/** The answer's frame; undefined: the node has ended the connection. */
async function metadataOf(target: LinkTarget, ids: readonly string[]): Promise<Buffer | undefined> {
  const socket = connect({ ...target, noDelay: true });
  const answer = new Promise<Buffer | undefined>((resolve) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < lengthBytes || bytes.length < lengthBytes + bytes.readInt32BE(0)) return;
      resolve(bytes);
    });
    socket.on('error', () => {}); // it closes, too
    socket.on('close', () => resolve(undefined));
  });
  const request = { ...metadata.request.zero, topics: ids.map((topicId) => ({ topicId, name: null })) };
  socket.write(frame(encodeRequest(metadata, { version, correlationId: 1, clientId: 'mqchaos-link' }, request)));
  try {
    return await within(answer, { what: 'names of topics', boundMs, signal: noAbort });
  } finally {
    socket.destroy();
  }
}
