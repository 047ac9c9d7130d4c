import type { Socket } from 'node:net';
import * as tls from 'node:tls';
import type { Certificate } from './world.ts';

/** The first byte of a TLS record that begins a handshake (RFC 8446, 5.1). */
const handshakeByte = 22;
const handshakeTimeoutMs = 10_000;

/**
 * Takes connections of both kinds on one port: those that begin with a TLS handshake when it is done, others as they are,
 * with the first bytes still to be read.
 * @param failed told which client could not agree on TLS, and why
 */
export function eitherWay(
  { cert, key }: Certificate,
  take: (socket: Socket) => void,
  failed: (line: string) => void,
): (socket: Socket) => void {
  const server = tls.createServer({ cert, key, handshakeTimeout: handshakeTimeoutMs }, take);
  server.on('tlsClientError', (error, socket) => {
    // a client that only looks whether the port is open is none
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return;
    failed(`a client from ${socket.remoteAddress ?? '?'} could not agree on TLS: ${reasonOf(error)}`);
  });
  return (socket) => {
    // Every 'error' is followed by 'close'.
    socket.on('error', () => {});
    const look = () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.off('readable', look);
      socket.unshift(first);
      if (first[0] === handshakeByte) server.emit('connection', socket);
      else take(socket);
    };
    socket.on('readable', look);
  };
}

/** In the words of whoever runs the client: OpenSSL's own name the file and line that they come from. */
function reasonOf(error: Error): string {
  const { reason = error.message } = error as Error & { reason?: string };
  const distrusts = /unknown ca|certificate unknown|bad certificate/i.test(reason);
  return distrusts ? `${reason}: it does not trust the certificate` : reason;
}
