/** Orders to a volume, as JSON objects, and what they do. */
import { ToolError } from '../errors.ts';
import { cutPower } from './core/cut.ts';
import type { NameChange } from './core/names.ts';
import { damage, damageKinds } from './failures/damage.ts';
import { type Action, errnoNames, operations, type Rule, type Rules } from './failures/rules.ts';
import type { Served } from './fuse/calls.ts';
import { invalidateEntry, invalidateInode } from './fuse/wire.ts';

export type Order = Readonly<Record<string, unknown>>;

export interface ServerState extends Served {
  readonly rules: Rules;
  /** Requests of the kernel so far. */
  readonly requests: number;
  /** Requests that a rule lets wait. */
  readonly held: number;
}

export interface Obeyed {
  readonly answer: object;
  /** What the kernel must be told, before the answer is given. */
  readonly notify?: readonly Buffer[];
  /** The power was cut: what waits is never done. */
  readonly hasCut?: true;
}

/** @throws ToolError `bad-order`, and nothing was done. */
export function obey(order: Order, state: ServerState): Obeyed {
  const { order: name } = order;
  const act = typeof name === 'string' && Object.hasOwn(orders, name) ? orders[name] : undefined;
  if (act === undefined) throw bad(`no order ${JSON.stringify(name)}`);
  return act(order, state);
}

const orders: Readonly<Record<string, (order: Order, state: ServerState) => Obeyed>> = {
  cut(order, { volume, handles }) {
    const torn = order.torn === undefined ? undefined : integer(order, 'torn', 0);
    const openFiles = handles.openFiles;
    handles.expire();
    const { report, changed, undone } = cutPower(volume, torn);
    const notify = [...changed.map(({ id }) => invalidateInode(id)), ...undone.flatMap(forgetNames)];
    return { answer: { ...report, openFiles, ...(torn === undefined ? {} : { torn }) }, notify, hasCut: true };
  },

  checkpoint(_, { volume }) {
    const unsynced = unsyncedIn(volume);
    volume.syncAll();
    return { answer: { synced: unsynced } };
  },

  rule(order, { rules, volume }) {
    if (order.clear === true) {
      const cleared = rules.clear(order.name === undefined ? undefined : text(order, 'name'));
      if (order.name !== undefined && cleared.length === 0) throw bad(`no rule ${JSON.stringify(order.name)}`);
      return { answer: { cleared } };
    }
    const rule = parseRule(order);
    rules.set(rule);
    // what the kernel has in memory it would read from there, past the rule
    const remembers = rule.on.some((operation) => operation === 'read' || operation === 'stat');
    const notify = remembers ? [...volume.inodes].map(({ id }) => invalidateInode(id)) : [];
    return { answer: { set: rule.name }, notify };
  },

  damage(order, { volume }) {
    const kind = choice(order, 'kind', damageKinds);
    const meant = {
      kind,
      path: text(order, 'path'),
      seed: integer(order, 'seed', 0),
      count: integer(order, 'count', 1),
    };
    const { damaged, inodes } = damage(volume, meant);
    if (damaged.length === 0) throw bad(`no file with bytes in it matches ${meant.path}`);
    return { answer: { damaged }, notify: inodes.map(({ id }) => invalidateInode(id)) };
  },

  status(_, { volume, handles, rules, requests, held }) {
    const { openFiles } = handles;
    const undoBytes = [...volume.dirty].reduce((sum, { undo }) => sum + undo.heldBytes, 0);
    return { answer: { unsynced: unsyncedIn(volume), undoBytes, openFiles, requests, held, rules: rules.records } };
  },
};

/** Who has the names, and how many names and entries all that are part of it have. */
function forgetNames({ slots }: NameChange): Buffer[] {
  return slots.flatMap(({ folder, name, before, after }) => [
    invalidateEntry(folder.id, name),
    ...[folder, before, after].flatMap((inode) => (inode === undefined ? [] : [invalidateInode(inode.id)])),
  ]);
}

function unsyncedIn({ dirty, names }: ServerState['volume']): { bytes: number; files: number; names: number } {
  const bytes = [...dirty].reduce((sum, { written }) => sum + written.totalBytes, 0);
  return { bytes, files: dirty.size, names: names.all.length };
}

function parseRule(order: Order): Rule {
  const { on, path, times } = order;
  if (!Array.isArray(on) || on.length === 0) throw bad('a rule needs on, a list of operations');
  return {
    name: text(order, 'name'),
    on: on.map((one) => choice({ on: one }, 'on', operations)),
    action: parseAction(order),
    ...(path === undefined ? {} : { path: text(order, 'path') }),
    skip: integer(order, 'skip', 0, 0),
    ...(times === undefined ? {} : { times: integer(order, 'times', 1) }),
    every: integer(order, 'every', 1, 1),
  };
}

function parseAction(order: Order): Action {
  const { errno, delayMs, hang } = order;
  if ([errno, delayMs, hang].filter((one) => one !== undefined).length !== 1) {
    throw bad('a rule has one of errno, delayMs and hang');
  }
  if (errno !== undefined) return { errno: choice(order, 'errno', errnoNames) };
  if (delayMs !== undefined) return { delayMs: integer(order, 'delayMs', 0) };
  if (hang !== true) throw bad('hang is true or absent');
  return { hang };
}

function text(order: Order, key: string): string {
  const value = order[key];
  if (typeof value !== 'string' || value === '') throw bad(`${key} is a text`);
  return value;
}

function integer(order: Order, key: string, least: number, fallback?: number): number {
  const value = order[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw bad(`${key} is a whole number from ${least} on`);
  }
  return value;
}

function choice<T extends string>(order: Order, key: string, known: readonly T[]): T {
  const found = known.find((one) => one === order[key]);
  if (found === undefined) throw bad(`${key} is one of ${known.join(', ')}`);
  return found;
}

function bad(message: string): ToolError {
  return new ToolError(message, { code: 'bad-order', hint: examples });
}

const examples = [
  '{"order":"cut"} {"order":"cut","torn":7} {"order":"checkpoint"} {"order":"status"}',
  '{"order":"rule","name":"r1","on":["sync"],"errno":"EIO","path":"**/*.log","times":1} {"order":"rule","name":"r1","clear":true}',
  '{"order":"damage","kind":"bit-flip","path":"**/*.log","seed":7,"count":1}',
].join(' ');
