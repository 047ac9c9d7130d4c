import { messageOf } from '../errors.ts';
import type { Api } from '../wire/api.ts';
import { apiVersions } from '../wire/apis/versions.ts';
import { code } from '../wire/codes.ts';
import { FrameSplitter, frame } from '../wire/frame.ts';
import { encodeResponse, type RequestHeader, readHeader, readRequest } from '../wire/message.ts';
import { Malformed, Reader } from '../wire/reader.ts';
import type { Stream } from '../world/world.ts';

/** The client that sent a request, and the version of the API that it uses. */
export interface Caller {
  readonly clientId: string;
  readonly host: string;
  readonly version: number;
}

/** How requests of one API are answered. `undefined` instead of an answer: none is sent (Produce with acks 0). */
export interface Route {
  readonly api: Api<unknown, unknown>;
  /** Whether several requests of this API may be in progress on a connection at the same time. */
  readonly pipelined: boolean;
  answer(header: RequestHeader, reader: Reader, host: string): Promise<Buffer | undefined>;
}

export type Routes = ReadonlyMap<number, Route>;

export function route<Q, S>(
  api: Api<Q, S>,
  answer: (request: Q, caller: Caller) => S | undefined | Promise<S | undefined>,
  pipelined = false,
): Route {
  return {
    api: api as Api<unknown, unknown>,
    pipelined,
    async answer(header, reader, host) {
      const request = readRequest(api, header, reader);
      const caller = { clientId: header.clientId ?? '', host, version: header.version };
      const response = await answer(request, caller);
      return response === undefined ? undefined : encodeResponse(api, header.version, header.correlationId, response);
    },
  };
}

export function routesOf(list: readonly Route[]): Routes {
  const routes = new Map(list.map((one) => [one.api.key, one]));
  const versions = route(apiVersions, () => ({ ...apiVersions.response.zero, apiKeys: servedKeys(routes) }));
  return routes.set(apiVersions.key, versions);
}

/**
 * Serves one connection. Answers leave in the order of their requests. A request starts when those before it are answered,
 * so a parked JoinGroup or Fetch holds up its connection; only consecutive requests of a pipelined API overlap. Bytes that
 * are not of the protocol close the connection and have no other effect.
 */
export function serve(stream: Stream, routes: Routes, limitBytes: number, log: (line: string) => void): void {
  const connection = new Connection(stream, routes, limitBytes, log);
  stream.receive(
    (chunk) => connection.take(chunk),
    () => connection.end(),
  );
}

/** Thrown by a route when closing the connection is the only way to report an error. */
export class HangUp extends Error {}

class Connection {
  readonly #stream: Stream;
  readonly #routes: Routes;
  readonly #limitBytes: number;
  readonly #log: (line: string) => void;
  readonly #splitter: FrameSplitter;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The requests that were started and whose answers have not left yet, in order. */
  readonly #slots: Slot[] = [];
  /** Whether a request is in progress whose API is not pipelined: no other one may start. */
  #exclusive = false;
  #congested = false;
  #paused = false;
  #closed = false;

  constructor(stream: Stream, routes: Routes, limitBytes: number, log: (line: string) => void) {
    this.#stream = stream;
    this.#routes = routes;
    this.#limitBytes = limitBytes;
    this.#log = log;
    this.#splitter = new FrameSplitter(limitBytes);
  }

  take(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      for (const request of this.#splitter.push(chunk)) {
        this.#waiting.push(request);
        this.#waitingBytes += request.length;
      }
      this.#pump();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#waitingBytes <= this.#limitBytes || this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  end(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #pump(): void {
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed; next = this.#waiting[0]) {
      if (this.#isCongested() || !this.#start(next)) break;
      this.#waiting.shift();
      this.#waitingBytes -= next.length;
    }
    if (!this.#paused || this.#waitingBytes > this.#limitBytes) return;
    this.#paused = false;
    this.#stream.resume();
  }

  /** Whether the peer is slow to read its answers: then no further request starts. */
  #isCongested(): boolean {
    if (this.#congested) return true;
    const congestion = this.#stream.congested();
    if (congestion === undefined) return false;
    this.#congested = true;
    void congestion.then(() => {
      this.#congested = false;
      this.#settle();
    });
    return true;
  }

  /** False if the request has to wait for those before it. */
  #start(request: Buffer): boolean {
    const reader = new Reader(request);
    const header = readHeader(reader);
    const found = this.#routes.get(header.apiKey);
    const pipelined = found?.pipelined === true;
    if (this.#slots.length > 0 && (this.#exclusive || !pipelined)) return false;
    this.#exclusive = !pipelined;
    const slot: Slot = { done: false, payload: undefined };
    this.#slots.push(slot);
    answerTo(found, header, reader, this.#stream.peer, this.#routes).then(
      (payload) => {
        slot.payload = payload;
        slot.done = true;
        this.#settle();
      },
      (error: unknown) => this.#fail(error),
    );
    return true;
  }

  #settle(): void {
    if (this.#closed) return;
    while (this.#slots[0]?.done) {
      const payload = this.#slots.shift()?.payload;
      if (payload !== undefined) this.#stream.write(frame(payload));
    }
    try {
      this.#pump();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    if (error instanceof Malformed) this.#log(`closing a connection from ${this.#stream.peer}: ${error.message}`);
    else if (!(error instanceof HangUp))
      this.#log(`request failed: ${error instanceof Error ? error.stack : messageOf(error)}`);
    this.end();
    this.#stream.close();
  }
}

interface Slot {
  done: boolean;
  payload: Buffer | undefined;
}

async function answerTo(
  found: Route | undefined,
  header: RequestHeader,
  reader: Reader,
  host: string,
  routes: Routes,
): Promise<Buffer | undefined> {
  if (found !== undefined && header.version >= found.api.min && header.version <= found.api.max) {
    return found.answer(header, reader, host);
  }
  if (header.apiKey !== apiVersions.key) throw new Malformed(`API ${header.apiKey} version ${header.version}`);
  const refusal = { errorCode: code.UNSUPPORTED_VERSION, apiKeys: servedKeys(routes), throttleTimeMs: 0 };
  return encodeResponse(apiVersions, 0, header.correlationId, refusal);
}

/** The APIs that clients are told of. Those with keys above Kafka's are for nodes and the name server only. */
function servedKeys(routes: Routes) {
  return [...routes.values()]
    .filter(({ api }) => api.key < 20_000)
    .map(({ api }) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }));
}
