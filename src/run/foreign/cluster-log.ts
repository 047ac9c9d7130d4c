/**
 * The cluster that an application ran against, as the independent reader of its records, and the faults that were ordered
 * there. One that runs is read as it is, by no group; one that has ended is started on a copy, so that its own recovery says
 * what is left. Nothing of its folder changes.
 */
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import type { AskedLog, ForeignLog, LogRecord, LogReport } from '../../journal/import.ts';
import type { BrokerAccess, Driver, IncomingMessage } from '../../products/driver.ts';
import { included } from '../../products/registry.ts';
import { noAbort } from '../../wait.ts';
import { openWitness, refuseNoCluster } from '../standing/witness.ts';
import { IdSearch, type RecordId, recordId } from './record-id.ts';

const askBoundMs = 30_000;

/**
 * @param path the cluster's folder.
 * @param id what of a record is the id of its message (`recordId`); absent: it is known by its place.
 * @throws ToolError (exit 2) of a folder that is none of a cluster, and of an id that cannot be.
 */
export function clusterLog(path: string, id: string | undefined): ForeignLog {
  refuseNoCluster(path);
  const identity = id === undefined ? undefined : recordId(id);
  return {
    name: `the cluster ${path}`,
    ...(identity === undefined ? {} : { identity: identity.text }),
    read: (asked, onRecord) => readCluster(path, identity, asked, onRecord),
  };
}

async function readCluster(
  path: string,
  identity: RecordId | undefined,
  asked: AskedLog,
  onRecord: (record: LogRecord) => void,
): Promise<LogReport> {
  await using witness = await openWitness(path);
  const driver = await included.driver();
  const { access } = witness;
  const topics = await topicsOf(driver, access, asked, path);
  const samples = new Map(
    asked.samples.map(({ topic, partition, position, id }) => [`${topic ?? topics[0]} ${partition} ${position}`, id]),
  );
  const search = new IdSearch();
  const reads: LogReport['reads'][number][] = [];
  for (const topic of topics) {
    const named = asked.topics.length === 0 ? {} : { topic };
    const take = (message: IncomingMessage): void => {
      const { partition, position } = message;
      if (partition === undefined || position === undefined) return;
      const sampled = samples.get(`${topic} ${partition} ${position}`);
      if (sampled !== undefined) search.see(message, sampled);
      onRecord({ ...named, partition, position, id: identity?.of(message) });
    };
    if (driver.read === undefined) throw new Error(`${driver.name} has no independent reader`);
    const options = { channel: { name: topic, groups: [] }, group: 'mqchaos-audit', signal: noAbort };
    for (const { partition, ...read } of await driver.read(access, options, take)) {
      if (partition !== undefined) reads.push({ ...named, partition, ...read });
    }
  }
  const { best } = search;
  return { reads, events: witness.events, remarks: witness.remarks, ...(best === undefined ? {} : { idHint: best }) };
}

/** Those that the records name, as far as they are there; where they name none, the only one. @throws ToolError (exit 2). */
async function topicsOf(
  driver: Driver,
  access: BrokerAccess,
  { topics }: AskedLog,
  path: string,
): Promise<readonly string[]> {
  await using admin = await driver.admin(access).catch((cause: unknown) => {
    throw unanswered(path, cause);
  });
  const there = [...((await admin.channels?.(AbortSignal.timeout(askBoundMs))) ?? [])].sort();
  const found = topics.length === 0 ? there : topics.filter((topic) => there.includes(topic));
  if (found.length > 0 && (topics.length > 0 || there.length === 1)) return found;
  const has = there.length === 0 ? 'has no topic' : `has ${there.join(', ')}`;
  const [what, hint] =
    topics.length === 0
      ? ['the records name no topic', 'name it in each line, or for all of them: --map …,topic==NAME']
      : [`the records name ${topics.join(', ')}`, 'is it the cluster that the application ran against?'];
  throw new ToolError(`the cluster ${path} ${has}, and ${what}`, { code: 'no-such-topic', hint });
}

/** It runs, for it says where its brokers are: then they are under a fault. */
function unanswered(path: string, cause: unknown): ToolError {
  return new ToolError(`the cluster ${path}: ${messageOf(cause)}`, {
    code: 'broker-unreachable',
    hint: `mqchaos broker status --folder ${path} says which nodes are down, and mqchaos broker heal brings them back`,
    exitCode: exitCodes.setup,
    cause,
  });
}
