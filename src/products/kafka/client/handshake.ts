/**
 * A connection on which the first question is not answered is closed. kafkajs 2.2.4 does not: when ApiVersions runs into
 * its timeout (the broker is paused, or the network swallows what is sent) it keeps the socket, takes the broker for
 * connected because the socket is, and fails every later request with "Broker not connected", for good, also when the
 * broker is well again. With the socket gone it connects anew.
 */
import type { Socket } from 'node:net';

const apiVersionsKey = 18;

export function watchHandshake(socket: Socket, limitMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const watched = (chunk: unknown, ...rest: unknown[]): boolean => {
    if (Buffer.isBuffer(chunk) && chunk.length > 6 && chunk.readInt16BE(4) === apiVersionsKey) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // Told as an error: kafkajs does not listen for `close`.
        socket.destroy(new Error('the broker accepted the connection but does not answer'));
      }, limitMs);
    }
    return write(chunk, ...rest);
  };
  socket.write = watched as typeof socket.write;
  const answered = (): void => clearTimeout(timer);
  socket.on('data', answered);
  socket.on('close', answered);
}
