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
  certificate: Certificate,
  take: (socket: Socket) => void,
  failed: (line: string) => void,
): (socket: Socket) => void {
  const secureContext = tls.createSecureContext(certificate);
  const shakeHands = (socket: Socket) => {
    const peer = socket.remoteAddress ?? '';
    const secured = new tls.TLSSocket(socket, { isServer: true, secureContext });
    const timer = setTimeout(() => secured.destroy(), handshakeTimeoutMs);
    const fail = (error: NodeJS.ErrnoException) => {
      // a client that only looks whether the port is open is none
      if (error.code !== 'ECONNRESET') failed(`a client from ${peer} could not agree on TLS: ${reasonOf(error)}`);
    };
    secured.once('error', fail);
    secured.once('close', () => clearTimeout(timer));
    secured.once('secure', () => {
      clearTimeout(timer);
      secured.off('error', fail);
      take(secured);
    });
  };
  return (socket) => {
    // Every 'error' is followed by 'close'.
    socket.on('error', () => {});
    const look = () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.off('readable', look);
      socket.unshift(first);
      if (first[0] === handshakeByte) shakeHands(socket);
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
