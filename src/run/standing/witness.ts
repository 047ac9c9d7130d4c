/**
 * A standing cluster as evidence: a way to read what it holds, and what was done to it. One that runs is talked to as by any
 * client. One that has ended is started again on a copy of its folder, as it was set, but honest: its own recovery, and its
 * replicas, say what is left.
 */
import { existsSync } from 'node:fs';
import { readOpenEntries } from '../../cluster/undo/ledger.ts';
import { markedProcesses } from '../../cluster/undo/undo.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import type { LogEvent } from '../../journal/import.ts';
import type { BrokerAccess } from '../../products/driver.ts';
import { included } from '../../products/registry.ts';
import { isAtWork } from '../folder/clean.ts';
import { type ChronicleEvent, readChronicle } from './chronicle.ts';
import { giveOrder, opened } from './client.ts';
import { operatorId, StandingCluster, type StandingStatus } from './cluster.ts';
import { clusterKind, keptIn, type StandingFolder, standingFolder } from './folder.ts';
import { type StandingSettings, standingSettings } from './settings.ts';

export interface Witness extends AsyncDisposable {
  readonly access: BrokerAccess;
  readonly events: readonly LogEvent[];
  /** Sentences: what of its times is not sure. */
  readonly remarks: readonly string[];
}

/** @throws ToolError `no-cluster-folder` (exit 2). */
export function refuseNoCluster(path: string): void {
  if (keptIn(standingFolder(path)) !== undefined) return;
  throw new ToolError(`${path} is no folder of a cluster`, {
    code: 'no-cluster-folder',
    hint: 'the folder that mqchaos broker start names: it is kept where it was given with --folder',
  });
}

/** @throws ToolError (exit 4) `cluster-between`; what a start throws. Nothing is left running then. */
export async function openWitness(path: string): Promise<Witness> {
  const folder = standingFolder(path);
  const status = await statusOf(folder);
  if (status !== undefined) {
    const access = await accessTo(status, settingsIn(folder));
    return { access, ...(await historyOf(folder)), [Symbol.asyncDispose]: async () => {} };
  }
  refuseBetween(folder);
  const settings = { ...settingsIn(folder), defects: [] };
  const copy = await StandingCluster.start({ settings, topics: [], seed: 0, copyOf: folder }, () => {});
  try {
    refuseBetween(folder); // what was copied while it was written to is nothing that ever was
    const access = await accessTo(copy.status, settings);
    return { access, ...(await historyOf(folder)), [Symbol.asyncDispose]: () => copy[Symbol.asyncDispose]() };
  } catch (error) {
    await copy[Symbol.asyncDispose]();
    throw error;
  }
}

/** Past links, and as whoever runs the cluster, of whom it asks neither TLS nor a login. */
async function accessTo({ nodes }: StandingStatus, settings: StandingSettings): Promise<BrokerAccess> {
  const driver = await included.driver();
  return {
    bootstrap: nodes.flatMap(({ address, reached = address }) => reached ?? []),
    nodes: nodes.map(({ id, role, address, reached = address, folder }) => ({
      ...{ id, role, folder },
      ...(reached === undefined ? {} : { address: reached }),
      ...(address === undefined ? {} : { advertised: address }),
    })),
    cluster: included.format.compile(settings),
    clientId: operatorId(driver, nodes),
  };
}

/** Undefined: nobody answers. */
async function statusOf(folder: StandingFolder): Promise<StandingStatus | undefined> {
  const socket = existsSync(folder.socket) ? await opened(folder.socket) : undefined;
  if (socket === undefined) return undefined;
  using reached = { kind: clusterKind, folder: folder.path, socket, [Symbol.dispose]: () => socket.destroy() };
  let status: StandingStatus | undefined;
  for await (const said of giveOrder({ order: 'status' }, reached)) status = said as unknown as StandingStatus;
  return status;
}

function refuseBetween(folder: StandingFolder): void {
  const tool = existsSync(folder.ledger) && isAtWork(readOpenEntries(folder.ledger));
  if (!tool && markedProcesses(folder.path).length === 0) return;
  throw new ToolError(`the cluster ${folder.path} is starting or ending: it takes no orders, and has processes`, {
    code: 'cluster-between',
    hint: 'again when it is up, or has ended',
    exitCode: exitCodes.setup,
  });
}

/** As it was last started; of a folder of before what is known of it. */
function settingsIn(folder: StandingFolder) {
  const { settings, masters, slaves } = keptIn(folder) ?? {};
  return settings ?? standingSettings({ masters, slaves });
}

async function historyOf(folder: StandingFolder): Promise<Pick<Witness, 'events' | 'remarks'>> {
  const told = await readChronicle(folder);
  return {
    events: told.flatMap(({ event, wallNs }) => (wallNs === undefined ? [] : [{ atNs: wallNs, event }])),
    remarks: told.flatMap((each, at) => jumpBefore(each, told[at - 1])),
  };
}

/** A clock that is corrected slowly moves by no more than this part. */
const usualDrift = 1e-3;
const leastJumpNs = 5e8;

/** Whether somebody set the wall clock between two events of one start. */
function jumpBefore({ start, event, wallNs }: ChronicleEvent, before: ChronicleEvent | undefined): string[] {
  if (before === undefined || before.start !== start || wallNs === undefined || before.wallNs === undefined) return [];
  const passedNs = event.atNs - before.event.atNs;
  const jumpNs = wallNs - before.wallNs - passedNs;
  if (Math.abs(jumpNs) < leastJumpNs + passedNs * usualDrift) return [];
  const seconds = `${(Math.abs(jumpNs) / 1e9).toFixed(1)} s ${jumpNs > 0 ? 'forward' : 'back'}`;
  const when = new Date(wallNs / 1e6).toISOString();
  return [`the wall clock of the cluster's machine was set ${seconds} before ${when}: faults around then are not sure`];
}
