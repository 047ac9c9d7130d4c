/** By which of its addresses others most likely reach this machine. */
import { createSocket } from 'node:dgram';
import { ownAddresses } from './place.ts';

/** Of nobody (RFC 5737): all that is asked is which way leads out. */
const somewhere = '192.0.2.1';
const loopback = '127.0.0.1';

/** The address that this machine sends from; without a way out the first that it has, without a network 127.0.0.1. */
export async function outwardAddress(): Promise<string> {
  return (await sendingAddress()) ?? ownAddresses()[0] ?? loopback;
}

/** Connecting a UDP socket sends nothing: the kernel only chooses the way. */
function sendingAddress(): Promise<string | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const end = (address: string | undefined): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end(undefined)); // no way out
    socket.connect(9, somewhere, () => end(socket.address().address));
  });
}
