/**
 * The program of the other kind of volume, for root: ext4 in a sparse file on a loop device, whose power is cut by the
 * kernel's own shutdown of a file system.
 *
 * `main.js --image FILE --mount DIR --size BYTES` makes and mounts it and prints one JSON line on stdout when it is ready, or
 * one on stderr if it cannot be. It obeys the orders of a volume (see ../orders.ts), as far as an ext4 can. It ends when
 * stdin ends: the mount and the loop device go with the last process of its mount namespace.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exitCodes, messageOf } from '../../errors.ts';
import { damageFiles } from './damage.ts';
import { LoopDisk } from './loop-disk.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { image: text, mount: text, size: text } });
const { image = '', mount = '', size = '' } = values;
const disk = new LoopDisk(image, mount, Number(size));

// where mkfs.ext4 is, of which not every shell of root's knows
process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
// Ctrl-C and a closing terminal are the tool's to answer; we end when it does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdout.on('error', () => {});

try {
  disk.mount();
} catch (error) {
  process.stderr.write(`${JSON.stringify({ error: 'not-mounted', message: messageOf(error) })}\n`);
  process.exit(exitCodes.setup);
}
say({ ready: true, mount, device: disk.device });
const lines = createInterface({ input: process.stdin });
let done = Promise.resolve();
lines.on('line', (line) => {
  done = done.then(() => take(line)); // one after the other
});
lines.on('close', () => void done.then(() => process.exit(0)));

async function take(line: string): Promise<void> {
  const { id, ...order } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  try {
    say({ id, ...(await obey(order)) });
  } catch (error) {
    say({ id, error: 'refused', message: messageOf(error) });
  }
}

function obey(order: Readonly<Record<string, unknown>>): object | Promise<object> {
  switch (order.order) {
    case 'checkpoint':
      return disk.checkpoint();
    case 'cut':
      return disk.cutPower();
    case 'rule':
      return order.clear === true ? disk.heal() : disk.fail(order.errno);
    case 'damage':
      return damageFiles(mount, order as Parameters<typeof damageFiles>[1] & typeof order);
    default:
      throw new Error(`no order ${JSON.stringify(order.order)}`);
  }
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
