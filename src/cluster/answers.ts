/** Whether something serves at an address, as far as a TCP connection tells. */
import { connect } from 'node:net';
import { poll } from '../wait.ts';

const connectBoundMs = 2000;
const askEveryMs = 100;
const keptMs = 200;

/** Whether something accepts a connection at `host:port`. */
export function answersAt(address: string): Promise<boolean> {
  return connects(address, 0);
}

/**
 * Whether something accepts a connection and keeps it: the proxy by which a container engine publishes a port accepts for
 * whoever is not listening yet, and closes at once.
 */
export function servesAt(address: string): Promise<boolean> {
  return connects(address, keptMs);
}

function connects(address: string, keepMs: number): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      timeout: connectBoundMs,
    });
    const end = (answer: boolean): void => {
      clearTimeout(kept);
      socket.destroy();
      resolve(answer);
    };
    let kept: NodeJS.Timeout | undefined;
    socket.once('connect', () => {
      if (keepMs === 0) return end(true);
      kept = setTimeout(() => end(true), keepMs);
      socket.resume(); // an end is seen only where what comes before it is read
      socket.once('close', () => end(false));
    });
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** @throws Error when the address still answers, or still does not, after `boundMs`. */
export async function untilAnswers(
  address: string,
  wanted: boolean,
  boundMs: number,
  signal: AbortSignal,
): Promise<void> {
  const reached = await poll(async () => ((await answersAt(address)) === wanted ? true : undefined), {
    everyMs: askEveryMs,
    boundMs,
    signal,
  });
  if (reached === undefined) {
    throw new Error(`${address} ${wanted ? 'does not answer' : 'still answers'} after ${boundMs} ms`);
  }
}
