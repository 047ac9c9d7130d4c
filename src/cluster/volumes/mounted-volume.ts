/**
 * The disk of a node that can be broken on purpose: a process of ours that mounts it in a mount namespace of its own, which
 * the node's processes enter, and that takes orders. It goes with the tool, and with it what it has mounted.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, ToolError } from '../../errors.ts';
import type { CutReport } from '../../volume/core/cut.ts';
import { type CommandLine, inOwnNamespace, intoNamespace } from '../../volume/namespace.ts';
import { inTime, noAbort, throwIfAborted } from '../../wait.ts';
import type { Damage, DiskRule, Evidence } from '../controls.ts';
import { Conversation, parsed } from '../conversation.ts';
import { lastError } from '../last-error.ts';
import { killOthersIn } from '../namespace.ts';
import type { Disk } from '../node-spec.ts';
import { type Exit, type OwnedProcess, runToEnd, startProcess } from '../process.ts';
import { programPath } from '../program.ts';

const readyMs = 30_000;
const orderMs = 60_000;
const endMs = 5_000;
/** Files that the evidence of a cut names. */
const mostFiles = 20;

/** In the node's folder: the disk's own, of which the node's processes know nothing. */
const ownFolder = 'volume';

export interface VolumeParts {
  readonly name: string;
  readonly disk: Disk;
  /** The node's. */
  readonly folder: string;
  /** Where it is mounted, absolute. */
  readonly mount: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

export class MountedVolume {
  readonly kind: Disk['kind'];
  readonly #process: OwnedProcess;
  readonly #conversation: Conversation;
  /** The node's working directory. */
  readonly #folder: string;
  readonly #mount: string;
  #rule: DiskRule | undefined;

  private constructor(process: OwnedProcess, { disk, folder, mount }: VolumeParts) {
    this.kind = disk.kind;
    this.#mount = mount;
    this.#process = process;
    this.#conversation = new Conversation(process);
    this.#folder = folder;
  }

  /** @throws ToolError `volume-not-mounted` (exit 4) with what the system said; AbortedError. */
  static async open(parts: VolumeParts): Promise<MountedVolume> {
    const { name, disk, folder, mount, run, signal } = parts;
    const own = join(folder, ownFolder);
    mkdirSync(own, { recursive: true });
    mkdirSync(mount, { recursive: true });
    const owned = await startProcess({
      ...{ name: `the volume of ${name}`, folder: own, run, ipc: false },
      ...inOwnNamespace(programOf(disk, own, mount), isRoot()),
    });
    const volume = new MountedVolume(owned, parts);
    const ready = new Promise<boolean>((resolve) => {
      owned.onLine((line) => {
        if (parsed(line)?.ready === true) resolve(true);
      });
      void owned.exit.then(() => resolve(false));
    });
    if ((await inTime(ready, { boundMs: readyMs, signal })) === true) return volume;
    await volume.close();
    throwIfAborted(signal);
    const { message } = lastError(join(own, 'stderr.log'));
    throw new ToolError(
      `the ${disk.kind} volume of ${name} could not be mounted${message === '' ? '' : `: ${message}`}`,
      {
        code: 'volume-not-mounted',
        hint: 'mqchaos doctor says what this machine can do, and what would make it able to',
        exitCode: exitCodes.setup,
      },
    );
  }

  /** Resolves when its process is gone. */
  get ended(): Promise<Exit> {
    return this.#process.exit;
  }

  /** What fails now; undefined: it is sound. */
  get rule(): DiskRule | undefined {
    return this.#rule;
  }

  /** The command line of a program that is to see it, in the node's folder. */
  inside(program: CommandLine): CommandLine {
    return intoNamespace(this.#process.pid, program, this.#folder, isRoot());
  }

  /** Whether there is something at a path, as the node sees it. @throws Error when nobody can tell. */
  async exists(path: string): Promise<boolean> {
    const { exitCode, said } = await this.#run('test', '-e', path);
    if (exitCode === 0) return true;
    // test is silent when there is nothing; whoever could not enter the namespace says why
    if (exitCode === 1 && said === '') return false;
    throw new Error(`cannot look at ${path} on the volume: ${said === '' ? 'no answer in time' : said}`);
  }

  /**
   * Removes files and folders as the node sees them, and counts. Of the folder where it is mounted only what is in it.
   * @throws Error when something of it is still there.
   */
  async remove(paths: readonly string[]): Promise<Evidence> {
    const sizes: number[] = [];
    for (const path of paths) {
      if (!(await this.exists(path))) continue;
      const depth = path === this.#mount ? '1' : '0';
      // -delete takes what is in a folder before the folder
      const { exitCode, said } = await this.#run('find', path, '-mindepth', depth, '-printf', '%y %s\\n', '-delete');
      if (exitCode !== 0) throw new Error(`${path} was not removed: ${said.trimEnd().split('\n').at(-1)}`);
      const files = said.split('\n').filter((line) => line.startsWith('f '));
      sizes.push(...files.map((line) => Number(line.slice('f '.length))));
    }
    return { removedFiles: sizes.length, removedBytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /** Everything on it is synced when it resolves. */
  checkpoint(): Promise<Evidence> {
    return this.#order({ order: 'checkpoint' });
  }

  /** Ends whatever still runs on it. */
  async clear(): Promise<Evidence> {
    const ended = await killOthersIn(this.#process.pid);
    return ended === 0 ? {} : { endedProcesses: ended };
  }

  /** What is not synced goes. Nothing may run on it. */
  async cut(tornSeed?: number): Promise<Evidence> {
    const torn = tornSeed === undefined ? {} : { torn: tornSeed };
    return lossOf((await this.#order({ order: 'cut', ...torn })) as unknown as CutReport & { bySize?: true });
  }

  async fail(rule: DiskRule): Promise<Evidence> {
    this.#rule = rule; // from now on the node may end by it
    const { path, times } = rule;
    const { set: _, ...answer } = await this.#order({
      ...{ order: 'rule', name: 'fault', on: callsOf(rule), ...actionOf(rule) },
      ...(path === undefined ? {} : { path }),
      ...(times === undefined ? {} : { times }),
    });
    return answer;
  }

  /** The evidence tells how many requests the rule has met. */
  async heal(): Promise<Evidence> {
    const { cleared } = await this.#order({ order: 'rule', clear: true });
    this.#rule = undefined;
    const [record] = Array.isArray(cleared) ? (cleared as { readonly hits: number }[]) : [];
    return record === undefined ? {} : { requests: record.hits };
  }

  /** Nothing may run on it. */
  async damage({ path = '**', ...damage }: Damage): Promise<Evidence> {
    return this.#order({ order: 'damage', path, ...damage });
  }

  /** Ends its process, by which it is no longer mounted. Never rejects. */
  async close(): Promise<void> {
    this.#process.endInput();
    if ((await inTime(this.#process.exit, { boundMs: endMs, signal: noAbort })) !== undefined) return;
    this.#process.signal('SIGKILL');
    await inTime(this.#process.exit, { boundMs: endMs, signal: noAbort });
  }

  #run(command: string, ...args: readonly string[]): ReturnType<typeof runToEnd> {
    return runToEnd(this.inside({ command, args }), { folder: '/', boundMs: orderMs });
  }

  #order(order: Evidence): Promise<Evidence> {
    return this.#conversation.order(order, orderMs);
  }
}

/** A bounded part of it: the files that lost most, and the sums. */
function lossOf({ files, totals, bySize }: CutReport & { readonly bySize?: true }): Evidence {
  const { droppedBytes, files: droppedFiles, names: droppedNames } = totals;
  const cut = files.slice(0, mostFiles).map(({ path: file, droppedBytes: bytes, gone }) => ({
    ...{ file, droppedBytes: bytes },
    ...(gone && { gone }),
  }));
  return { droppedBytes, droppedFiles, droppedNames, cut, ...(bySize && { bySize }) };
}

function actionOf(rule: DiskRule): Evidence {
  if ('fail' in rule) return { errno: rule.fail };
  return 'delayMs' in rule ? { delayMs: rule.delayMs } : { hang: true };
}

/** What a volume calls the requests: what changes the disk is a write, whichever call does it. */
function callsOf(rule: DiskRule): string[] {
  const writes = ['write', 'create', 'truncate', 'rename'];
  const changes = 'fail' in rule && rule.fail === 'EROFS' ? [...writes, 'remove', 'chmod'] : writes;
  return rule.on.flatMap((operation) => (operation === 'write' ? changes : [operation]));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function programOf(disk: Disk, own: string, mount: string): CommandLine {
  const node = (program: string, ...args: readonly string[]) => ({
    command: process.execPath,
    args: [programPath(program), ...args, '--mount', mount],
  });
  switch (disk.kind) {
    case 'fuse': {
      const age = disk.writeBack === 'worst case' ? 'worst' : disk.writeBack;
      return node('volume/main', '--store', join(own, 'store'), '--write-back', age);
    }
    case 'ext4':
      return node('volume/ext4/main', '--image', join(own, 'image'), '--size', String(disk.sizeBytes));
  }
}
