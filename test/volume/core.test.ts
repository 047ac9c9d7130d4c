import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutPower } from '../../src/volume/core/cut.ts';
import type { Inode } from '../../src/volume/core/inode.ts';
import { Volume, type VolumeOptions } from '../../src/volume/core/volume.ts';

let folder: string;
let open: Volume[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  open = [];
});

afterEach(() => {
  for (const volume of open) volume.close();
  rmSync(folder, { recursive: true });
});

function start(options: VolumeOptions = {}): Volume {
  const volume = new Volume(folder, options);
  open.push(volume);
  return volume;
}

function create(volume: Volume, name: string, bytes: string | Buffer = ''): Inode {
  const file = volume.create(volume.root, name, {
    mode: 0o644,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  });
  volume.write(file, Buffer.from(bytes), 0);
  return file;
}

function text(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

describe('what is not synced', () => {
  it('is never on the disk in the worst case, whatever its age', () => {
    let now = 0;
    const volume = start({ now: () => now });
    create(volume, 'a', 'text');
    now = 1e9;
    volume.writeBack();
    expect(cutPower(volume).report.totals).toMatchObject({ droppedBytes: 4, gone: 1 });
  });

  it('is written back at its age; before that its name is there, and the file is empty', () => {
    let now = 0;
    const volume = start({ writeBackMs: 30_000, now: () => now });
    create(volume, 'old', 'text');
    now = 24_000;
    create(volume, 'young', 'text');
    now = 30_000;
    volume.writeBack();
    create(volume, 'new', 'text');
    cutPower(volume);
    expect(text('old')).toBe('text');
    expect(text('young')).toBe('');
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('goes with the whole file: what was written to it later is as old as the oldest', () => {
    let now = 0;
    const volume = start({ writeBackMs: 30_000, now: () => now });
    const file = create(volume, 'a', 'one');
    now = 29_999;
    volume.write(file, Buffer.from('two'), 3);
    now = 30_000;
    volume.writeBack();
    volume.write(file, Buffer.from('three'), 6);
    cutPower(volume);
    expect(text('a')).toBe('onetwo');
  });
});

describe('a power cut', () => {
  it('says which bytes of which files it dropped, and which names', () => {
    writeFileSync(join(folder, 'old'), 'x'.repeat(1000));
    const volume = start();
    const old = volume.lookup(volume.root, 'old');
    volume.write(old, Buffer.alloc(10), 100);
    volume.write(old, Buffer.alloc(20), 995);
    create(volume, 'new', 'text');
    volume.rename({ folder: volume.root, name: 'old' }, { folder: volume.root, name: 'moved' });
    const { report } = cutPower(volume);
    expect(report).toEqual({
      files: [
        {
          path: 'moved',
          sizeBytes: 1015,
          leftBytes: 1000,
          droppedBytes: 30,
          ranges: [
            [100, 110],
            [995, 1015],
          ],
        },
        { path: 'new', sizeBytes: 4, leftBytes: 0, droppedBytes: 4, ranges: [[0, 4]], gone: true },
      ],
      names: [
        { from: 'moved', to: 'old' },
        { from: 'new', to: null },
      ],
      totals: { files: 2, names: 2, droppedBytes: 34, keptBytes: 0, gone: 1 },
    });
    expect(text('old')).toBe('x'.repeat(1000));
  });

  it('has exact totals where the details are too many', () => {
    const volume = start();
    for (let index = 0; index < 250; index++) create(volume, `f${index}`, 'x');
    const one = create(volume, 'holes');
    for (let index = 0; index < 30; index++) volume.write(one, Buffer.from('x'), index * 10);
    const { report } = cutPower(volume);
    expect(report.files).toHaveLength(200);
    expect(report.files[0]).toMatchObject({ path: 'holes', rangeCount: 30 });
    expect(report.files[0]?.ranges).toHaveLength(20);
    expect(report.totals).toEqual({ files: 251, names: 251, droppedBytes: 280, keptBytes: 0, gone: 251 });
  });

  it('torn, leaves what was written below a sector that follows from the seed', () => {
    const places = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      rmSync(join(folder, 'a'), { force: true });
      writeFileSync(join(folder, 'a'), Buffer.alloc(8000, 'o'));
      const volume = start();
      volume.write(volume.lookup(volume.root, 'a'), Buffer.alloc(9000, 'n'), 1000);
      const { report } = cutPower(volume, seed);
      const bytes = readFileSync(join(folder, 'a'));
      const { droppedBytes, keptBytes } = report.totals;
      const place = 10_000 - droppedBytes;
      if (droppedBytes > 0) expect(place % 512 === 0 || place === 1000).toBe(true);
      expect(droppedBytes + keptBytes).toBe(9000);
      expect(bytes.length).toBe(Math.max(8000, place));
      expect(bytes.subarray(1000, place).every((byte) => byte === 110)).toBe(true);
      expect(bytes.subarray(place).every((byte) => byte === 111)).toBe(true);
      places.add(place);
      volume.close();
      open.pop();
    }
    expect(places.size).toBeGreaterThan(8);
  });

  it('takes permissions back as well', () => {
    writeFileSync(join(folder, 'a'), '', { mode: 0o600 });
    const volume = start();
    const file = volume.lookup(volume.root, 'a');
    volume.changeOwnership(file, { mode: 0o644 });
    volume.sync(file, true); // fdatasync does not promise them
    cutPower(volume);
    expect(volume.store.stat(file).mode & 0o777).toBe(0o600);
  });

  it('leaves what counts as on the disk: a second one takes nothing', () => {
    const volume = start();
    create(volume, 'a', 'text');
    volume.sync(volume.lookup(volume.root, 'a'), false);
    create(volume, 'b', 'text');
    cutPower(volume);
    expect(cutPower(volume).report.totals).toEqual({ files: 0, names: 0, droppedBytes: 0, keptBytes: 0, gone: 0 });
    expect(readdirSync(folder).filter((name) => !name.startsWith('.'))).toEqual(['a']);
  });
});

describe('a volume', () => {
  it('takes what is in its folder for what is on the disk, hard links too', () => {
    mkdirSync(join(folder, 'd'));
    writeFileSync(join(folder, 'd/a'), 'text');
    const first = start();
    first.link(first.lookup(first.lookup(first.root, 'd'), 'a'), first.root, 'b');
    first.close();
    const volume = start();
    expect(volume.lookup(volume.root, 'b')).toBe(volume.lookup(volume.lookup(volume.root, 'd'), 'a'));
  });

  it('keeps no file that nobody can bring back', () => {
    const volume = start();
    const kept = (): string[] => readdirSync(join(folder, '.mqchaos-removed'));
    for (let round = 0; round < 3; round++) {
      const file = create(volume, 'new', 'text');
      volume.sync(file, false);
      volume.release(file);
      volume.rename({ folder: volume.root, name: 'new' }, { folder: volume.root, name: 'current' });
    }
    expect(kept()).toHaveLength(1);
    volume.sync(volume.root, false);
    expect(kept()).toHaveLength(0);
    const open = create(volume, 'open', 'text');
    volume.unlink(volume.root, 'open');
    expect(kept()).toHaveLength(1);
    volume.release(open);
    expect(kept()).toHaveLength(0);
  });

  it('hides where it keeps what may come back', () => {
    const volume = start();
    expect(() => create(volume, '.mqchaos-removed')).toThrow('EACCES');
    expect(volume.root.children.size).toBe(0);
  });
});
