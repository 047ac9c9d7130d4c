import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cutPower } from '../../src/volume/core/cut.ts';
import { Volume } from '../../src/volume/core/volume.ts';
import { type Call, life } from './support/calls.ts';
import { FolderSubject } from './support/on-folder.ts';
import { OracleSubject } from './support/on-oracle.ts';
import { VolumeSubject } from './support/on-volume.ts';
import { Oracle } from './support/oracle.ts';
import { treeIn, treeOf } from './support/walk.ts';

/** The same ones each time; more by MQCHAOS_HISTORIES, others by MQCHAOS_SEED. */
const numRuns = Number(process.env.MQCHAOS_HISTORIES ?? 500);
const seed = Number(process.env.MQCHAOS_SEED ?? 1);

vi.setConfig({ testTimeout: Number(process.env.MQCHAOS_VOLUME_BOUND_MS ?? 120_000) });

/** The three in step: a volume over a folder, an ordinary folder, and the oracle. */
class Trio implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'mqchaos-volume-'));
  readonly store = join(this.root, 'store');
  readonly plain = join(this.root, 'plain');
  readonly volume: Volume;
  readonly oracle = new Oracle();
  readonly #onVolume: VolumeSubject;
  readonly #onFolder: FolderSubject;
  readonly #onOracle: OracleSubject;

  constructor() {
    mkdirSync(this.store);
    mkdirSync(this.plain);
    this.volume = new Volume(this.store);
    this.#onVolume = new VolumeSubject(this.volume);
    this.#onFolder = new FolderSubject(this.plain, false);
    this.#onOracle = new OracleSubject(this.oracle);
  }

  /** @param withFolder false once a power cut has made the folder another one. */
  make(one: Call, withFolder: boolean): void {
    const errno = this.#onVolume.make(one);
    if (withFolder) this.#compare(one, errno, this.#onFolder.make(one));
    if (errno === undefined) this.#onOracle.make(one);
  }

  /** Of two paths that are both wrong, the kernel decides which is told. */
  #compare(one: Call, errno: number | undefined, expected: number | undefined): void {
    const said = 'to' in one ? [errno === undefined, expected === undefined] : [errno, expected];
    expect(said[0], JSON.stringify(one)).toBe(said[1]);
  }

  cut(): void {
    cutPower(this.volume);
    this.oracle.cut();
    for (const one of [this.#onVolume, this.#onFolder, this.#onOracle]) one.closeAll();
  }

  [Symbol.dispose](): void {
    this.#onVolume.closeAll();
    this.#onFolder.closeAll();
    this.volume.close();
    rmSync(this.root, { recursive: true });
  }
}

describe('a volume', () => {
  it('is a file system: it does what an ordinary folder does, and its store has the same', () => {
    void fc.assert(
      fc.property(life, (calls) => {
        using trio = new Trio();
        for (const one of calls) trio.make(one, true);
        expect(treeIn(trio.volume)).toEqual(treeOf(trio.plain));
        expect(treeOf(trio.store)).toEqual(treeOf(trio.plain));
        expect(trio.oracle.tree()).toEqual(treeOf(trio.plain));
      }),
      { numRuns, seed },
    );
  });

  it('has after a power cut exactly what was promised, life after life', () => {
    void fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) => {
        using trio = new Trio();
        for (const calls of lives) {
          for (const one of calls) trio.make(one, false);
          expect(treeIn(trio.volume)).toEqual(trio.oracle.tree());
          trio.cut();
          expect(treeIn(trio.volume)).toEqual(trio.oracle.tree());
          expect(treeOf(trio.store)).toEqual(trio.oracle.tree());
        }
      }),
      { numRuns, seed },
    );
  });
});
