/** One TCP connection to a name server or broker: any number of questions under way, each with a deadline of its own. */
import { connect, type Socket } from 'node:net';
import { type Answer, encodeRequest, type Fields, FrameReader } from './frame.ts';

const nothing = Buffer.alloc(0);

/** Why there is no answer, and whether any byte of the question was given to a socket. */
export class NoAnswer extends Error {
  readonly written: boolean;
  /** `not-connected`, `connection-lost` or `deadline`. */
  readonly reason: string;

  constructor(reason: string, written: boolean, detail = '') {
    super(detail === '' ? reason : `${reason}: ${detail}`);
    this.name = 'NoAnswer';
    this.reason = reason;
    this.written = written;
  }
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: NoAnswer): void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  readonly #waiting = new Map<number, Waiting>();
  #opaque = 1;
  #ended: string | undefined;

  /** Rejects with a NoAnswer when nobody accepts within the deadline. */
  static open(address: string, deadlineMs: number): Promise<Connection> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(address.slice(colon + 1)), noDelay: true });
    return new Promise((resolve, reject) => {
      const fail = (detail: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new NoAnswer('not-connected', false, `${address}: ${detail}`));
      };
      const timer = setTimeout(() => fail(`no connection within ${deadlineMs} ms`), deadlineMs);
      const refused = (error: Error): void => fail(error.message);
      socket.once('error', refused);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', refused);
        resolve(new Connection(socket));
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('closed'));
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Whatever the answer says; rejects with a NoAnswer when there is none. */
  ask(
    code: number,
    fields: Fields,
    { body = nothing, deadlineMs }: { body?: Uint8Array; deadlineMs: number },
  ): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.reject(new NoAnswer('not-connected', false, this.#ended));
    const opaque = this.#opaque++;
    const frame = encodeRequest(code, opaque, fields, body);
    return new Promise((resolve, reject) => {
      // An answer may be waiting in the socket, if it was this process that slept: let it be read first.
      const timer = setTimeout(() => setImmediate(expire), deadlineMs);
      const expire = (): void => {
        if (this.#waiting.delete(opaque)) reject(new NoAnswer('deadline', true, `${deadlineMs} ms`));
      };
      this.#waiting.set(opaque, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#socket.write(frame);
    });
  }

  /** Asks for no answer. Throws a NoAnswer when it could not even be written. */
  tell(code: number, fields: Fields, body: Uint8Array): void {
    if (this.#ended !== undefined) throw new NoAnswer('not-connected', false, this.#ended);
    this.#socket.write(encodeRequest(code, this.#opaque++, fields, body, true));
  }

  end(): void {
    this.#end('closed here');
  }

  #take(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.read(chunk)) {
        if (!frame.isAnswer) continue; // a broker's own question (who consumes, a transaction's check): nobody here has an answer
        const waiting = this.#waiting.get(frame.opaque);
        this.#waiting.delete(frame.opaque);
        waiting?.resolve(frame);
      }
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(new NoAnswer('connection-lost', true, why));
    this.#waiting.clear();
  }
}
