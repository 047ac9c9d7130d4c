/**
 * Undoes what runs left behind whose tool died: everything open in their ledgers, and nothing else. A run whose tool is
 * alive is left alone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processStart } from '../../cluster/proc.ts';
import { closeEntries, type OpenEntry, readOpenEntries } from '../../cluster/undo/ledger.ts';
import { whyNotOurs } from '../../cluster/undo/ownership.ts';
import { markedRuns, type Undone, undoLocal } from '../../cluster/undo/undo.ts';
import { openEffects } from '../../effects/effects.ts';
import { messageOf } from '../../errors.ts';
import { decodePlan } from '../../plan/encode.ts';
import { attachedNodes, loadDriver } from '../../products/registry.ts';
import { resolveSecrets } from '../../profile/secrets.ts';
import { storeAccess } from '../set-up/effect-stores.ts';
import { matricesFolder, type RunFolder, repeatsFolder, runFolder, runsFolder } from './folder.ts';

const remoteBoundMs = 15_000;

export interface CleanResult {
  readonly run: string;
  /** The tool of this run is still at work: nothing was touched. */
  readonly alive: boolean;
  readonly undone: readonly Undone[];
  /** Another user may have written what would be carried out: nothing was touched. */
  readonly distrusted?: string;
}

/** Run folders that may need cleaning: those given, or of a given matrix or repetition, else those here and those that living processes name. */
export function cleanable(given: readonly string[]): RunFolder[] {
  const sets = [matricesFolder, repeatsFolder].flatMap(foldersIn);
  const here = [...foldersIn(runsFolder), ...sets.flatMap(runsOf)];
  const paths = given.length > 0 ? given.flatMap(runsOf) : [...here, ...markedRuns()];
  const folders = new Map(paths.map(runFolder).map((folder) => [folder.path, folder]));
  return [...folders.values()].filter((folder) => existsSync(folder.ledger));
}

/** The runs of a matrix or of a repetition; a run is its own only one. */
function runsOf(folder: string): string[] {
  const runs = foldersIn(join(folder, 'runs'));
  return runs.length === 0 ? [folder] : runs;
}

function foldersIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

export async function clean(folder: RunFolder): Promise<CleanResult> {
  const distrusted = [folder.path, folder.ledger, folder.plan].map(whyNotOurs).find((why) => why !== undefined);
  if (distrusted !== undefined) return { run: folder.path, alive: false, undone: [], distrusted };
  const open = readOpenEntries(folder.ledger);
  if (isAtWork(open)) {
    return { run: folder.path, alive: true, undone: [] };
  }
  const undone: Undone[] = [];
  // brokers that were ended must be back before their topics can be removed
  for (const entry of open) undone.push(...((await asList(undoLocal(entry))) ?? []));
  for (const entry of open) undone.push(...((await asList(undoRemote(folder, entry))) ?? []));
  closeEntries(
    folder.ledger,
    undone.filter(({ ok }) => ok).map(({ id }) => id),
  );
  return { run: folder.path, alive: false, undone };
}

/** The tool of the run whose ledger has these open entries is alive. */
export function isAtWork(open: readonly OpenEntry[]): boolean {
  return open.some(
    ({ entry }) => entry.kind === 'runner' && isAlive(entry.pid) && processStart(entry.pid) === entry.start,
  );
}

async function undoRemote(folder: RunFolder, { id, entry }: OpenEntry): Promise<Undone | undefined> {
  if (entry.kind === 'effects') return undoEffects(folder, id, entry.name);
  if (entry.kind !== 'topic' && entry.kind !== 'group') return undefined;
  const what = entry.kind === 'topic' ? `topic ${entry.topic}` : `group ${entry.group}`;
  try {
    const { cluster } = decodePlan(readFileSync(folder.plan, 'utf8'), folder.plan);
    if (cluster.attach === undefined) return { id, what: `${what} went with its broker`, ok: true };
    const driver = await loadDriver(cluster.broker);
    const secrets = resolveSecrets(cluster, process.env);
    await using admin = await driver.admin({
      ...{ bootstrap: cluster.attach, nodes: attachedNodes(cluster), cluster, clientId: 'mqchaos-clean' },
      ...secrets,
    });
    const signal = AbortSignal.timeout(remoteBoundMs);
    await (entry.kind === 'topic' ? admin.remove(entry.topic, signal) : admin.removeGroups([entry.group], signal));
    return { id, what: `${what} removed`, ok: true };
  } catch (error) {
    return { id, what: `${what}: ${messageOf(error)}`, ok: false };
  }
}

/** Everything under a name, in the stores that the plan names by URL: where there is none, it went with the run. */
async function undoEffects(folder: RunFolder, id: number, name: string): Promise<Undone> {
  const what = `effects ${name}`;
  try {
    const { effect } = decodePlan(readFileSync(folder.plan, 'utf8'), folder.plan, true).consumers;
    const named = effect === undefined ? {} : storeAccess(effect, process.env);
    const stores = [
      ...(named.store === undefined
        ? []
        : [{ store: effect?.store ?? '', url: effect?.url ?? '', access: named.store }]),
      ...(named.ids === undefined ? [] : [{ store: 'redis', url: effect?.idsUrl ?? '', access: named.ids }]),
    ];
    for (const { store, url, access } of stores) {
      await using effects = await openEffects({ store, url, idempotence: 'none' }, { name, store: access });
      await effects.remove();
    }
    return { id, what: `${what} removed`, ok: true };
  } catch (error) {
    return { id, what: `${what}: ${messageOf(error)}`, ok: false };
  }
}

async function asList<T>(item: Promise<T | undefined>): Promise<T[] | undefined> {
  const value = await item;
  return value === undefined ? undefined : [value];
}
