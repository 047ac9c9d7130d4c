import * as net from 'node:net';
import { FrameSplitter } from '../../../src/broker/wire/frame.ts';
import { stream } from '../../../src/plan/random.ts';
import { frameOf, framesPerConnection, type Protocol, type Role, roleOf } from './frames.ts';

export interface AttackSettings {
  readonly seed: number;
  readonly protocol: Protocol;
  readonly secret: string;
  /** Of the nodes of each role; each connection goes to one of them. */
  readonly ports: Readonly<Record<Role, readonly number[]>>;
  /** The first frame, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** What came of it, in frames and connections. */
export interface Attack {
  readonly frames: number;
  readonly connections: number;
  readonly answers: number;
  /** Connections that the node closed. */
  readonly closed: number;
}

const connectionsAtOnce = 48;
/** How long a connection waits for answers: some requests are parked, as they should be. */
const patienceMs = 1000;

/**
 * Sends the frames of a seed. Which of them share a connection, and where that goes, follows from the seed as well.
 * @param goOn asked before each connection, with its first frame
 * @throws when a node takes no more connections
 */
export async function attack(settings: AttackSettings, goOn: (next: number) => boolean = () => true): Promise<Attack> {
  const done = { frames: 0, connections: 0, answers: 0, closed: 0 };
  let next = settings.from - (settings.from % framesPerConnection);
  const work = async () => {
    while (next < settings.to && goOn(next)) {
      const first = next;
      next += framesPerConnection;
      const { closed, answers } = await sendFrom(settings, first);
      done.frames += framesPerConnection;
      done.connections += 1;
      done.closed += closed ? 1 : 0;
      done.answers += answers;
    }
  };
  await Promise.all(Array.from({ length: connectionsAtOnce }, work));
  return done;
}

/** One connection: its frames in two parts, now and then in pieces; what is answered is read, or is not. */
function sendFrom(settings: AttackSettings, first: number): Promise<{ closed: boolean; answers: number }> {
  const { seed, protocol, secret, ports } = settings;
  const dice = stream(seed, `connection ${first}`);
  const frames = Array.from({ length: framesPerConnection }, (_, at) => frameOf(seed, protocol, first + at, secret));
  // A frame of a wrong length takes those with it that come in the same piece.
  const parts = [Buffer.concat(frames.slice(0, -1)), Buffer.concat(frames.slice(-1))];
  const [port, reads, isCut] = [dice.pick(ports[roleOf(seed, protocol, first)]), dice.int(8) > 0, dice.int(4) === 0];
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    const splitter = new FrameSplitter(2 ** 30);
    const state = { answers: 0, given: false, connected: false };
    let patience: NodeJS.Timeout | undefined;
    /** Sends the next part, or ends. */
    const goOn = () => {
      clearTimeout(patience);
      const data = parts.shift();
      if (data === undefined) {
        state.given = true;
        // A reset leaves no port in TIME_WAIT behind, of which a million frames would need too many.
        socket.resetAndDestroy();
        return;
      }
      const cut = isCut ? dice.int(data.length + 1) : 0;
      socket.write(data.subarray(0, cut));
      setImmediate(() => socket.write(data.subarray(cut)));
      patience = setTimeout(goOn, patienceMs);
    };
    socket.on('connect', () => {
      state.connected = true;
      if (!reads) socket.pause();
      goOn();
    });
    socket.on('data', (chunk) => {
      state.answers += splitter.push(chunk).length;
      if (state.answers >= framesPerConnection - parts.length) goOn();
    });
    socket.on('error', (error) => {
      if (!state.connected) reject(new Error(`port ${port} takes no connection: ${error.message}`));
    });
    socket.on('close', () => {
      clearTimeout(patience);
      resolve({ closed: !state.given, answers: state.answers });
    });
  });
}
