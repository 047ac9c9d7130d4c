import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutPower } from '../../src/broker/world/power-cut.ts';
import { RealDisk } from '../../src/broker/world/real-disk.ts';
import type { DiskFile } from '../../src/broker/world/world.ts';

/** What POSIX promises of a folder, in the strictest reading: the power account must come to the same. */
class Model {
  names = new Map<string, { content: string; synced: number }>();
  durable = new Map<string, { content: string; synced: number }>();

  append(name: string, text: string): void {
    const file = this.names.get(name) ?? { content: '', synced: 0 };
    file.content += text;
    this.names.set(name, file);
  }

  sync(name: string): void {
    const file = this.names.get(name);
    if (file !== undefined) file.synced = file.content.length;
  }

  truncate(name: string, sizeBytes: number): void {
    const file = this.names.get(name);
    if (file === undefined || sizeBytes > file.content.length) return;
    file.content = file.content.slice(0, sizeBytes);
    file.synced = Math.min(file.synced, sizeBytes);
  }

  rename(from: string, to: string): void {
    const file = this.names.get(from);
    if (file === undefined || from === to) return;
    this.names.delete(from);
    this.names.set(to, file);
  }

  remove(name: string): void {
    this.names.delete(name);
  }

  syncFolder(): void {
    this.durable = new Map(this.names);
  }

  cut(): void {
    this.names = new Map(this.durable);
    for (const file of this.names.values()) file.content = file.content.slice(0, file.synced);
  }

  get contents(): Record<string, string> {
    return Object.fromEntries([...this.names].sort().map(([name, { content }]) => [name, content]));
  }
}

const name = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({
    what: fc.constant('append' as const),
    name,
    text: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }),
  }),
  fc.record({ what: fc.constant('sync' as const), name }),
  fc.record({ what: fc.constant('truncate' as const), name, sizeBytes: fc.nat(10) }),
  fc.record({ what: fc.constant('rename' as const), name, to: name }),
  fc.record({ what: fc.constant('remove' as const), name }),
  fc.record({ what: fc.constant('syncFolder' as const) }),
  fc.record({ what: fc.constant('newLife' as const) }),
  fc.record({ what: fc.constant('cut' as const) }),
);

test('after any history of a folder, lives and cuts in between, a power cut leaves what the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'mqchaos-power-'));
      const model = new Model();
      let disk = new RealDisk(folder);
      let lock = await disk.lock();
      const live = async (between?: () => Promise<unknown>) => {
        await lock[Symbol.asyncDispose]();
        await between?.();
        disk = new RealDisk(folder);
        lock = await disk.lock();
      };
      const withFile = async (file: string, deed: (opened: DiskFile) => Promise<void>) => {
        const opened = await disk.open(file);
        await deed(opened);
        await opened.close();
      };
      try {
        for (const one of [...steps, { what: 'cut' as const }]) {
          if (one.what === 'append') {
            const { length } = model.names.get(one.name)?.content ?? '';
            await withFile(one.name, (file) => file.write(Buffer.from(one.text), length));
            model.append(one.name, one.text);
          } else if (one.what === 'sync' && model.names.has(one.name)) {
            await withFile(one.name, (file) => file.sync());
            model.sync(one.name);
          } else if (one.what === 'truncate' && (model.names.get(one.name)?.content.length ?? 0) >= one.sizeBytes) {
            if (!model.names.has(one.name)) continue;
            await withFile(one.name, (file) => file.truncate(one.sizeBytes));
            model.truncate(one.name, one.sizeBytes);
          } else if (one.what === 'rename' && model.names.has(one.name)) {
            await disk.rename(one.name, one.to);
            model.rename(one.name, one.to);
          } else if (one.what === 'remove') {
            await disk.remove(one.name);
            model.remove(one.name);
          } else if (one.what === 'syncFolder') {
            await disk.syncFolder('.');
            model.syncFolder();
          } else if (one.what === 'newLife') {
            await live();
          } else if (one.what === 'cut') {
            await live(() => cutPower(folder));
            model.cut();
          }
          expect(contentsOf(folder)).toEqual(model.contents);
        }
      } finally {
        await lock[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 300 },
  );
});

function contentsOf(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder).filter((one) => one.length === 1);
  return Object.fromEntries(names.sort().map((one) => [one, fs.readFileSync(path.join(folder, one), 'utf8')]));
}
