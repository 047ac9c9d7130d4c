import { connect, type Socket } from 'node:net';
import type { Api } from '../../../src/broker/wire/api.ts';
import { decodeResponse, encodeRequest } from '../../../src/broker/wire/message.ts';

/** One connection that asks one thing at a time; JoinGroup may be parked, so members have one each. */
export class Line implements Disposable {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #got: ((payload: Buffer) => void) | undefined;

  constructor(bootstrap: string) {
    const [host, port] = bootstrap.split(':');
    this.#socket = connect(Number(port), host);
    this.#socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      if (this.#rest.length < 4 || this.#rest.length < 4 + this.#rest.readInt32BE(0)) return;
      const payload = this.#rest.subarray(4, 4 + this.#rest.readInt32BE(0));
      this.#rest = this.#rest.subarray(4 + payload.length);
      this.#got?.(payload);
    });
  }

  async ask<Q, S>(api: Api<Q, S>, version: number, request: Partial<Q>): Promise<S> {
    const body = encodeRequest(api, { version, correlationId: 1, clientId: 'c' }, { ...api.request.zero, ...request });
    const frame = Buffer.alloc(4);
    frame.writeInt32BE(body.length);
    const payload = new Promise<Buffer>((resolve) => {
      this.#got = resolve;
    });
    this.#socket.write(Buffer.concat([frame, body]));
    return decodeResponse(api, version, await payload)[1];
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
