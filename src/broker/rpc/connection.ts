import { messageOf } from '../errors.ts';
import type { Api } from '../wire/api.ts';
import { apiVersions } from '../wire/apis/versions.ts';
import { code } from '../wire/codes.ts';
import { FrameSplitter, frame } from '../wire/frame.ts';
import { encodeResponse, type RequestHeader, readHeader, readRequest } from '../wire/message.ts';
import { Malformed, Reader } from '../wire/reader.ts';
import type { Stream } from '../world/world.ts';

/** Who asks, and how. */
export interface Caller {
  readonly clientId: string;
  readonly host: string;
  readonly version: number;
}

/** How one API is answered. An answer of `undefined` means that the request gets none (Produce with acks 0). */
export interface Route {
  readonly api: Api<unknown, unknown>;
  /** Several of this API may be in progress on one connection at a time; all others wait for what came before. */
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
 * Serves one connection. Answers leave in the order of their requests, and a request starts only when those before it
 * are answered (a parked JoinGroup or Fetch holds up its own connection), except that runs of a pipelined API overlap.
 * Bytes that make no sense close the connection and touch nothing else.
 */
export function serve(stream: Stream, routes: Routes, limitBytes: number, log: (line: string) => void): void {
  const splitter = new FrameSplitter(limitBytes);
  const waiting: Buffer[] = [];
  const slots: Slot[] = [];
  let waitingBytes = 0;
  let exclusive = false;
  let held = false;
  let closed = false;

  const fail = (error: unknown) => {
    if (closed) return;
    if (!(error instanceof Malformed))
      log(`request failed: ${error instanceof Error ? error.stack : messageOf(error)}`);
    else log(`closing a connection from ${stream.peer}: ${error.message}`);
    closed = true;
    stream.close();
  };

  const settle = () => {
    while (slots[0]?.done) {
      const payload = slots.shift()?.payload;
      if (payload !== undefined) stream.write(frame(payload));
    }
    if (slots.length === 0) exclusive = false;
    pump();
  };

  const start = (request: Buffer): boolean => {
    const reader = new Reader(request);
    const header = readHeader(reader);
    const found = routes.get(header.apiKey);
    const pipelined = found?.pipelined === true;
    if (slots.length > 0 && (exclusive || !pipelined)) return false;
    exclusive = !pipelined;
    const slot: Slot = { done: false, payload: undefined };
    slots.push(slot);
    answerTo(found, header, reader, stream.peer, routes).then((payload) => {
      slot.payload = payload;
      slot.done = true;
      if (!closed) settle();
    }, fail);
    return true;
  };

  const pump = () => {
    try {
      while (!closed && !held) {
        const next = waiting[0];
        if (next === undefined) break;
        const congestion = stream.congested();
        if (congestion !== undefined) {
          held = true;
          void congestion.then(() => {
            held = false;
            pump();
          });
          break;
        }
        if (!start(next)) break;
        waiting.shift();
        waitingBytes -= next.length;
      }
    } catch (error) {
      fail(error);
    }
    if (waitingBytes <= limitBytes) stream.resume();
  };

  stream.receive(
    (chunk) => {
      if (closed) return;
      try {
        for (const request of splitter.push(chunk)) {
          waiting.push(request);
          waitingBytes += request.length;
        }
      } catch (error) {
        fail(error);
        return;
      }
      if (waitingBytes > limitBytes) stream.pause();
      pump();
    },
    () => {
      closed = true;
      waiting.length = 0;
    },
  );
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

/** Keys above Kafka's own are between our nodes and not announced. */
function servedKeys(routes: Routes) {
  return [...routes.values()]
    .filter(({ api }) => api.key < 20_000)
    .map(({ api }) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }));
}
