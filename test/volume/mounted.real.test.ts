import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Call, life } from './support/calls.ts';
import { type MountedVolume, missingFuse, mountVolume } from './support/mounted.ts';
import { FolderSubject } from './support/on-folder.ts';
import { OracleSubject } from './support/on-oracle.ts';
import { Oracle } from './support/oracle.ts';
import { cutUnderSyncers } from './support/power-cuts.ts';
import { treeOf } from './support/walk.ts';

const missing = missingFuse();
const support = resolve(import.meta.dirname, 'support');
/** More by these, others by MQCHAOS_SEED: test/soak/volume.mjs. */
const sequences = Number(process.env.MQCHAOS_VOLUME_SEQUENCES ?? 60);
const fsxCalls = Number(process.env.MQCHAOS_VOLUME_FSX ?? 3000);
const cuts = Number(process.env.MQCHAOS_VOLUME_CUTS ?? 10);
const boundMs = Number(process.env.MQCHAOS_VOLUME_BOUND_MS ?? 120_000);
const seed = Number(process.env.MQCHAOS_SEED ?? 1);
vi.setConfig({ testTimeout: boundMs });

describe.skipIf(missing !== undefined)(
  `a mounted volume${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('does what an ordinary folder does, and has after a power cut exactly what was promised', async () => {
      await using volume = await mountVolume();
      await fc.assert(
        fc.asyncProperty(life, (calls) => agrees(volume, calls)),
        { numRuns: sequences, seed },
      );
    });

    it('has the right bytes under an fsx of writes, maps, truncates, allocations and copies', async () => {
      await using volume = await mountVolume();
      const { exit, stdout, stderr } = await volume.run('python3', [
        join(support, 'fsx.py'),
        '.',
        String(fsxCalls),
        String(seed),
      ]);
      expect(stderr).toBe('');
      expect(exit.exitCode).toBe(0);
      expect(stdout).toContain('all bytes right');
    });

    it('keeps through power cuts under six syncing threads all that they were told, and nothing more', async () => {
      await using volume = await mountVolume();
      const { lost, unpromised, acked } = await cutUnderSyncers(volume, cuts, 120);
      console.log(`${cuts} cuts, ${acked} records synced, ${lost.length} lost, ${unpromised.length} not promised`);
      expect(lost).toEqual([]);
      expect(unpromised).toEqual([]);
      expect(acked).toBeGreaterThan(cuts * 100);
    });

    it('lets go of what the kernel remembers', async () => {
      await using volume = await mountVolume();
      const file = join(volume.at, 'file');
      writeFileSync(file, 'on the disk');
      sync(file);
      writeFileSync(join(volume.at, 'other'), 'never');
      writeFileSync(file, 'only in memory, and longer');
      expect(readFileSync(file, 'utf8')).toBe('only in memory, and longer');
      const cut = await volume.order({ order: 'cut' });
      expect(cut).toMatchObject({ totals: { files: 2, gone: 1, droppedBytes: 31 }, openFiles: 0 });
      expect(readFileSync(file, 'utf8')).toBe('on the disk');
      expect(statSync(file).size).toBe(11);
      expect(readdirSync(volume.at)).toEqual(['file']);
      expect(readdirSync(volume.store)).toContain('file');
    });

    it('fails what was open when the power went, until it is opened again', async () => {
      await using volume = await mountVolume();
      const descriptor = openSync(join(volume.at, 'file'), 'w');
      writeSync(descriptor, 'x');
      expect(await volume.order({ order: 'cut' })).toMatchObject({ openFiles: 1 });
      expect(() => fsyncSync(descriptor)).toThrow('EIO');
      expect(() => closeSync(descriptor)).toThrow('EIO');
      writeFileSync(join(volume.at, 'file'), 'new');
      expect(readFileSync(join(volume.at, 'file'), 'utf8')).toBe('new');
    });

    it('keeps a mapped file as far as msync went', async () => {
      await using volume = await mountVolume();
      const { exit, stderr } = await volume.run('python3', ['-c', mapping]);
      expect({ stderr, ...exit }).toMatchObject({ stderr: '', exitCode: 0 });
      await volume.order({ order: 'cut' });
      const bytes = readFileSync(join(volume.at, 'mapped'));
      expect(bytes.toString('latin1', 0, 6)).toBe('synced');
      expect(bytes.subarray(4096).every((byte) => byte === 0)).toBe(true);
    });

    it('has everything on the disk after a checkpoint, mapped pages too', async () => {
      await using volume = await mountVolume();
      await volume.run('sh', ['-c', 'mkdir d; echo text > d/a; mv d/a d/b']);
      expect(await volume.order({ order: 'checkpoint' })).toMatchObject({ synced: { files: 1, bytes: 5 } });
      expect(await volume.order({ order: 'cut' })).toMatchObject({ totals: { files: 0, names: 0, droppedBytes: 0 } });
      expect(readFileSync(join(volume.at, 'd/b'), 'utf8')).toBe('text\n');
    });
  },
);

/** One life on the volume, on an ordinary folder and on the oracle, a power cut, and an empty volume again. */
async function agrees(volume: MountedVolume, calls: readonly Call[]): Promise<void> {
  const plain = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  const [above, below] = [new FolderSubject(volume.at, true), new FolderSubject(plain, false)];
  const oracle = new Oracle();
  const told = new OracleSubject(oracle);
  try {
    for (const one of calls) {
      const errno = above.make(one);
      expect(errno, JSON.stringify(one)).toBe(below.make(one));
      if (errno === undefined) told.make(one);
    }
    expect(treeOf(volume.at)).toEqual(treeOf(plain));
    above.closeAll();
    below.closeAll();
    await volume.order({ order: 'cut' });
    oracle.cut();
    expect(treeOf(volume.at)).toEqual(oracle.tree());
    expect(treeOf(volume.store)).toEqual(oracle.tree());
  } finally {
    rmSync(plain, { recursive: true });
    for (const name of readdirSync(volume.at)) rmSync(join(volume.at, name), { recursive: true });
    await volume.order({ order: 'checkpoint' });
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const mapping = `
import mmap, os
fd = os.open("mapped", os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 16384)
os.fsync(fd)
memory = mmap.mmap(fd, 16384)
memory[0:6] = b"synced"
memory.flush(0, 4096)
memory[4096:4100] = b"lost"
memory[8192:8196] = b"lost"
`;
