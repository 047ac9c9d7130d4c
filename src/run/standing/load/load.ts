/**
 * Fills topics from files at the start of a standing cluster. A file is read twice: once to see that every line can be
 * stored, and then to store them, so that a mistake in it leaves nothing behind. What was filled is written down in the
 * cluster's folder, so that the same command can start it again.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted } from '../../../counted.ts';
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { eachLine, unreadable } from '../../../journal/import/lines.ts';
import type { BrokerAccess, Driver, LoadedMessage, Loader } from '../../../products/driver.ts';
import { writeWhole } from '../../folder/folder.ts';
import type { StandingFolder } from '../folder.ts';
import { BadLine, type Bounds, readRecord, sizeOf } from './record.ts';

export interface Load {
  readonly topic: string;
  readonly file: string;
}

export interface LoadRequest {
  readonly loads: readonly Load[];
  readonly folder: StandingFolder;
  readonly driver: Driver;
  readonly access: BrokerAccess;
  /** Of key, value and headers of one message together. */
  readonly mostBytes: number;
  /** What was done, and how far it is. */
  readonly tell: (text: string) => void;
}

const batchMessages = 20_000;
const batchBytes = 896 * 1024;
const tellEveryMs = 5000;

/**
 * All of it is acknowledged when it resolves.
 * @throws ToolError `bad-load`, `unreadable` (exit 2); `load-not-empty`, `not-loaded` (exit 4).
 */
export async function loadTopics({ loads, folder, driver, access, mostBytes, tell }: LoadRequest): Promise<void> {
  if (driver.loader === undefined) throw new Error(`${driver.name} fills no topics`);
  for (const { topic, file } of loads) {
    const digest = await digestOf(file);
    await using loader = await driver.loader(access, topic);
    if (!loader.isEmpty) {
      if (filledOf(folder)[topic]?.sha256 !== digest) throw notEmpty(topic, file);
      tell(`${topic} was filled from ${file} at an earlier start: nothing is loaded again`);
      continue;
    }
    const bounds = { partitions: loader.partitions, mostBytes };
    const lines = await countLines(file, bounds);
    await fill(file, bounds, loader, progress(topic, lines, tell));
    const filled = { ...filledOf(folder), [topic]: { file: resolve(file), sha256: digest, messages: lines } };
    writeWhole(filledFile(folder), `${JSON.stringify(filled)}\n`);
    tell(`${topic}: ${counted(lines, 'message')} from ${file}`);
  }
}

/** How many messages there are. @throws ToolError of the first line that is none. */
async function countLines(file: string, bounds: Bounds): Promise<number> {
  let lines = 0;
  await eachRecord(file, bounds, () => {
    lines += 1;
  });
  return lines;
}

async function fill(file: string, bounds: Bounds, loader: Loader, told: (sent: number) => void): Promise<void> {
  let waiting: LoadedMessage[] = [];
  let waitingBytes = 0;
  const full: LoadedMessage[][] = [];
  const cut = (): void => {
    if (waiting.length > 0) full.push(waiting);
    waiting = [];
    waitingBytes = 0;
  };
  const sendFull = async (): Promise<void> => {
    for (const batch of full.splice(0)) {
      await loader.send(batch);
      told(batch.length);
    }
  };
  const take = (record: LoadedMessage): void => {
    const bytes = sizeOf(record);
    if (waiting.length >= batchMessages || waitingBytes + bytes > batchBytes) cut();
    waiting.push(record);
    waitingBytes += bytes;
  };
  await eachRecord(file, bounds, take, sendFull);
  cut();
  await sendFull();
}

async function eachRecord(
  file: string,
  bounds: Bounds,
  take: (record: LoadedMessage) => void,
  pause?: () => Promise<void>,
): Promise<void> {
  const bad = (number: number, why: string, cause?: unknown): ToolError =>
    new ToolError(`${file}:${number}: ${why}`, {
      code: 'bad-load',
      hint: 'one JSON object a line: {"key": "k", "value": "v"}; docs/broker.md',
      cause,
    });
  await eachLine(file, {
    line(text, number) {
      if (text === undefined) throw bad(number, 'longer than 16 MiB, or not UTF-8');
      try {
        take(readRecord(text, bounds));
      } catch (error) {
        throw error instanceof BadLine ? bad(number, error.message, error) : error;
      }
    },
    broken(number, why) {
      throw bad(number, why);
    },
    ...(pause === undefined ? {} : { pause }),
  });
}

/** @throws ToolError `unreadable` for what cannot be read twice. */
async function digestOf(file: string): Promise<string> {
  try {
    if (!statSync(file).isFile()) throw new Error('it is read twice, and must be a regular file');
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function progress(topic: string, lines: number, tell: (text: string) => void): (sent: number) => void {
  let done = 0;
  let toldAtMs = performance.now();
  return (sent) => {
    done += sent;
    if (performance.now() - toldAtMs < tellEveryMs) return;
    toldAtMs = performance.now();
    tell(`${topic}: ${done} of ${counted(lines, 'message')} loaded`);
  };
}

type Filled = Readonly<Record<string, { readonly file: string; readonly sha256: string; readonly messages: number }>>;

function filledOf(folder: StandingFolder): Filled {
  const file = filledFile(folder);
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Filled;
  } catch (cause) {
    throw new ToolError(`${file} cannot be read: ${messageOf(cause)}`, {
      code: 'folder-damaged',
      hint: 'it says which topics were filled: choose another --folder',
      exitCode: exitCodes.setup,
    });
  }
}

function filledFile({ path }: StandingFolder): string {
  return join(path, 'loaded.json');
}

function notEmpty(topic: string, file: string): ToolError {
  return new ToolError(`${topic} is not empty, and not filled from this ${file} to its end`, {
    code: 'load-not-empty',
    hint: 'nothing is loaded twice: another topic, or another --folder; or leave out --load',
    exitCode: exitCodes.setup,
  });
}
