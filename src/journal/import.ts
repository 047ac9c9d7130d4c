/**
 * Somebody else's records as journals, so that the same audit judges them: what was sent becomes producers' journals
 * (one for each part of the ids, or for each producer where the records say which), what was received a consumer's, what was
 * done with it a store's. Nothing of a run is made up: there is no reader, no fault, and the only drain is the caller's word
 * that the received files are the complete record of the consumers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ToolError } from '../errors.ts';
import { none16, outcomes } from './event.ts';
import { assumptionsOf } from './import/assumptions.ts';
import { filesOf } from './import/choice.ts';
import { joinOrdered, type Records } from './import/join.ts';
import { standardInput } from './import/lines.ts';
import type { ForeignLog, LogReport } from './import/log/log.ts';
import { NamedPlaces } from './import/log/named-places.ts';
import { LogView } from './import/log/view.ts';
import { shardsFor } from './import/parting.ts';
import { effectPacking, receivedPacking, sentPacking } from './import/parts/parted.ts';
import { Shards } from './import/parts/shards.ts';
import type { ImportedRecords, ImportRequest } from './import/request.ts';
import { Seen } from './import/seen.ts';
import { Source } from './import/source.ts';

export type { ForeignFiles } from './import/choice.ts';
export type { AskedLog, ForeignLog, LogEvent, LogRecord, LogReport } from './import/log/log.ts';
export type { ImportedRecords, ImportRequest } from './import/request.ts';

/** @throws ToolError (exit 2) for files that cannot be read, or are not what they were given as. */
export async function importRecords(request: ImportRequest): Promise<ImportedRecords> {
  refuseTwoInputs(request);
  const shards = request.parts ?? shardsFor(pathsOf(request));
  const folder = mkdtempSync(join(request.folder, 'import-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const records = await readRecords(request, folder, shards);
    const joined = joinOrdered(records, folder);
    return {
      ...joined,
      assumptions: assumptionsOf(records, joined.strangers),
      incidents: [records.sent, records.received, records.effects].flatMap((source) => source?.incidents() ?? []),
      [Symbol.dispose]: () => {
        joined[Symbol.dispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Reads every file once, and parts its records. */
async function readRecords(request: ImportRequest, folder: string, count: number): Promise<Records> {
  const sent = await Source.open('sent', request.sent);
  const received = await Source.open('received', request.received);
  const effects = request.effects === undefined ? undefined : await Source.open('effects', request.effects);
  refuseOneFile(request, sent, received);
  const seen = new Seen(received.name, request.log === undefined ? undefined : new NamedPlaces());
  const shards = {
    sent: new Shards(folder, 'sent', count, sentPacking),
    received: new Shards(folder, 'received', count, receivedPacking),
    effects: new Shards(folder, 'effects', count, effectPacking),
  };
  await sent.read((record) => shards.sent.add(seen.sent(record)));
  shards.sent.seal();
  await received.read((record, file) => shards.received.add(seen.received(record, file)));
  shards.received.seal();
  await effects?.read((record) => shards.effects.add(seen.effect(record)));
  shards.effects.seal();
  const log = request.log === undefined ? undefined : await readLog(request.log, seen, shards.sent, folder);
  return { request, seen, sent, received, effects, log, shards };
}

/** What is in the log by now was done before the last of the files was read, whatever clocks say. @throws ToolError `no-places` (exit 2). */
async function readLog(log: ForeignLog, seen: Seen, sent: Records['shards']['sent'], folder: string): Promise<LogView> {
  const { named, places, topics, routes } = seen;
  if (log.identity === undefined && named?.any !== true) {
    throw new ToolError(`no record names its partition and position, by which it could be found in ${log.name}`, {
      code: 'no-places',
      hint: 'say what of the records there is the id: --cluster-id key, header:NAME, value, or json:PATH',
    });
  }
  if (places.contested) {
    for (let shard = 0; shard < sent.count; shard += 1) {
      sent.each(shard, (record) => {
        if (record.outcome === outcomes.acked) places.time(record, record.timeNs);
      });
    }
  }
  const numberOf = (topic: string | undefined): number => (topic === undefined ? none16 : topics.of(topic));
  const view = new LogView(folder, sent.count, log, topics.names.length > 0);
  const samples = named?.samples.map(({ topic, ...sample }) => ({ ...sample, topic: topics.names[topic] })) ?? [];
  view.report = await log.read({ topics: [...topics.names], samples }, ({ topic, partition, position, id }) =>
    view.take({ topic: numberOf(topic), partition, position }, id),
  );
  refuseLater(log.name, view.report, seen.lastNs);
  for (const { topic, partition } of view.report.reads) routes.see(numberOf(topic), partition);
  view.identified.seal();
  return view;
}

/** Between two machines' clocks. */
const clockMs = 60_000;

/** What was not there yet cannot have lost anything. @throws ToolError `other-cluster` (exit 2). */
function refuseLater(name: string, { events }: LogReport, lastNs: number): void {
  const firstMs = (events[0]?.atNs ?? Number.NEGATIVE_INFINITY) / 1e6;
  if (!Number.isFinite(lastNs) || lastNs / 1e6 > firstMs - clockMs) return;
  const [started, ended] = [firstMs, lastNs / 1e6].map((ms) => new Date(ms).toISOString());
  throw new ToolError(`${name} was first started at ${started}, and the last record is of ${ended}`, {
    code: 'other-cluster',
    hint: 'is it the one that the application ran against? if so, its clock and that of the records do not agree',
  });
}

/** The paths of each side. */
function pathsOf({ sent, received, effects }: ImportRequest): (readonly string[])[] {
  return [sent, received, effects].map((side) => (side === undefined ? [] : filesOf(side).files));
}

function refuseTwoInputs(request: ImportRequest): void {
  const inputs = pathsOf(request)
    .flat()
    .filter((file) => file === standardInput);
  if (inputs.length <= 1) return;
  throw new ToolError('stdin can be one file, and not several', { code: 'usage', hint: 'give the others by name' });
}

/** Every line of it would be a send and a receipt. @throws ToolError `usage` (exit 2). */
function refuseOneFile(request: ImportRequest, sent: Source<'sent'>, received: Source<'received'>): void {
  const parted = [sent, received].every(({ chosen }) => chosen.filtered || chosen.format.fixed === true);
  const given = new Set(filesOf(request.received).files.map((file) => resolve(file)));
  const both = filesOf(request.sent).files.find((file) => given.has(resolve(file)));
  if (parted || both === undefined) return;
  throw new ToolError(`${both} is given as sent and as received, and nothing says which of its lines are which`, {
    code: 'usage',
    hint: '--sent-where event=sent --received-where event=received, say',
  });
}
