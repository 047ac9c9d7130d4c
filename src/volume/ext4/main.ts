/**
 * A disk whose power can be cut, for root: ext4 in a sparse file on a loop device. Started in a mount namespace of its own,
 * with which the mount and the loop device go when the last process in it is gone, whoever killed it.
 *
 *     node dist/volume/ext4/main.js --image FILE --mount DIR --size BYTES
 *
 * Says `{"ready":true}` once it is mounted, then takes orders on its stdin and answers each, one JSON object a line, matched
 * by `id`: `checkpoint`, `cut`, `rule`, `damage`. It ends when its stdin ends.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { messageOf } from '../../errors.ts';
import { damageFile } from './damage.ts';
import { LoopDisk } from './loop-disk.ts';

const { values } = parseArgs({
  options: { image: { type: 'string' }, mount: { type: 'string' }, size: { type: 'string' } },
});
const disk = new LoopDisk({
  image: values.image ?? '',
  mount: values.mount ?? '',
  sizeBytes: Number(values.size),
});

type Order = { readonly id: number; readonly order: string } & Readonly<Record<string, unknown>>;

process.env.PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`; // where mkfs.ext4 is, of which not every shell of root's knows

// Ctrl-C and a closing terminal are the tool's to answer; we end when it does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

try {
  await disk.mount();
} catch (error) {
  console.error(JSON.stringify({ error: 'not-mounted', message: messageOf(error) }));
  process.exit(1);
}
say({ ready: true, device: disk.device });

let last: Promise<unknown> = Promise.resolve();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  last = last.then(() => obey(JSON.parse(line) as Order)); // one after the other, as they came
});
lines.on('close', () => void last.then(() => process.exit(0)));

async function obey(given: Order): Promise<void> {
  try {
    say({ id: given.id, ...(await carryOut(given)) });
  } catch (error) {
    say({ id: given.id, error: 'refused', message: messageOf(error) });
  }
}

function carryOut({ order, rule, damage }: Order): Promise<Readonly<Record<string, unknown>>> {
  switch (order) {
    case 'checkpoint':
      return disk.checkpoint();
    case 'cut':
      return disk.cutPower();
    case 'rule':
      return rule === null ? disk.heal() : disk.fail(rule as Parameters<LoopDisk['fail']>[0]);
    case 'damage':
      return damageFile(disk.folder, damage as Parameters<typeof damageFile>[1]);
    default:
      throw new Error(`there is no order ${order}`);
  }
}

function say(answer: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
