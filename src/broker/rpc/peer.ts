import type { Api } from '../wire/api.ts';
import { FrameSplitter, frame } from '../wire/frame.ts';
import { decodeResponse, encodeRequest, responseLimitBytes } from '../wire/message.ts';
import type { Stream, World } from '../world/world.ts';

const stopped = 'this node is stopping';

/** The calling end of a connection to another node. Every call has a timeout. All open calls fail when the connection closes. */
export interface Peer extends AsyncDisposable {
  call<Q, S>(api: Api<Q, S>, request: Q, timeoutMs: number): Promise<S>;
  readonly closed: boolean;
}

interface PeerOptions {
  /** When it aborts, the attempt to connect fails, or the connection closes. */
  readonly signal?: AbortSignal;
  /** By which the other node knows a member of its cluster. */
  readonly secret?: string;
}

/** Connects to another node. */
export async function connectPeer(
  world: World,
  host: string,
  port: number,
  timeoutMs: number,
  { signal, secret = '' }: PeerOptions = {},
): Promise<Peer> {
  const connecting = world.network.connect(host, port, timeoutMs);
  const stream = await (signal === undefined ? connecting : unlessAborted(connecting, signal));
  return peerOn(stream, world, secret, signal);
}

/** The stream, or a rejection as soon as the signal aborts; a stream that comes after that is closed. */
function unlessAborted(connecting: Promise<Stream>, signal: AbortSignal): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error(stopped));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    connecting
      .then((stream) => {
        if (signal.aborted) stream.close();
        else resolve(stream);
      }, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function peerOn(stream: Stream, world: World, secret: string, signal: AbortSignal | undefined): Peer {
  const open = new Map<number, { resolve: (payload: Buffer) => void; reject: (error: Error) => void }>();
  const splitter = new FrameSplitter(responseLimitBytes);
  let lastId = 0;
  let closed = false;

  const close = (reason: string) => {
    closed = true;
    signal?.removeEventListener('abort', abort);
    stream.close();
    for (const { reject } of open.values()) reject(new Error(reason));
    open.clear();
  };
  const abort = () => close(stopped);
  signal?.addEventListener('abort', abort);
  stream.receive(
    (chunk) => {
      try {
        for (const payload of splitter.push(chunk)) open.get(payload.readInt32BE(0))?.resolve(payload);
      } catch {
        close('malformed answer');
      }
    },
    () => close('connection closed'),
  );
  if (signal?.aborted) abort();

  return {
    get closed() {
      return closed;
    },
    async call<Q, S>(api: Api<Q, S>, request: Q, timeoutMs: number): Promise<S> {
      if (closed) throw new Error('connection closed');
      lastId += 1;
      const correlationId = lastId;
      const header = { version: api.max, correlationId, clientId: secret };
      const answered = new Promise<Buffer>((resolve, reject) => open.set(correlationId, { resolve, reject }));
      stream.write(frame(encodeRequest(api, header, request)));
      const timer = world.clock.setTimer(timeoutMs, () => close(`no answer within ${timeoutMs} ms`));
      try {
        return decodeResponse(api, api.max, await answered)[1];
      } finally {
        timer.cancel();
        open.delete(correlationId);
      }
    },
    async [Symbol.asyncDispose]() {
      close('closed by us');
    },
  };
}
