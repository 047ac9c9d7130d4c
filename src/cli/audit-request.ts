/** What `mqchaos audit` is asked for: a run, or somebody else's records and what stands beside them. */
import { ToolError } from '../errors.ts';
import type { ForeignFiles } from '../journal/import.ts';
import type { ForeignRequest } from '../run/foreign/foreign.ts';
import type { OutputOptions } from './options.ts';

/** How files are read: for all of them, and for the files of one side. */
interface ReadingOptions {
  readonly format?: string;
  readonly map?: string;
  readonly where?: string;
  readonly sentFormat?: string;
  readonly sentMap?: string;
  readonly sentWhere?: string;
  readonly receivedFormat?: string;
  readonly receivedMap?: string;
  readonly receivedWhere?: string;
  readonly effectsFormat?: string;
  readonly effectsMap?: string;
  readonly effectsWhere?: string;
}

export interface AuditOptions extends OutputOptions, ReadingOptions {
  readonly sent?: readonly string[];
  readonly received?: readonly string[];
  readonly effects?: readonly string[];
  readonly effectsQuery?: string;
  readonly cluster?: string;
  readonly clusterId?: string;
  readonly out?: string;
  readonly partial?: true;
  readonly acksOnly?: true;
}

export type Asked = { readonly run: string } | ForeignRequest;

/** A run or somebody else's records, never both. @throws ToolError `usage` (exit 2). */
export function askedFor(run: string | undefined, options: AuditOptions): Asked {
  const { sent, received } = options;
  const either = 'mqchaos audit latest, or: mqchaos audit --sent FILE --received FILE';
  if (sent !== undefined && received !== undefined) {
    if (run !== undefined) throw refusal('a run and --sent exclude each other', either);
    return recordsIn(sent, received, options);
  }
  if (sent !== undefined || received !== undefined)
    throw refusal('--sent and --received go together', 'give both files');
  if (run === undefined) throw refusal('no run is named', either);
  const foreign = foreignOnly.find((name) => options[name] !== undefined);
  if (foreign !== undefined) {
    const why = reasons[foreign] ?? 'a run says itself how it is written';
    throw refusal(`--${dashed(foreign)} goes with --sent and --received: ${why}`, 'mqchaos audit RUN');
  }
  return { run };
}

function recordsIn(sent: readonly string[], received: readonly string[], options: AuditOptions): ForeignRequest {
  const { effects, effectsQuery, cluster, clusterId, partial, acksOnly, out } = options;
  if (effectsQuery !== undefined && effects !== undefined) {
    const hint = 'one says what processing did, the other asks for it';
    throw refusal('--effects and --effects-query exclude each other', hint);
  }
  if (clusterId !== undefined && cluster === undefined) {
    const hint = '--cluster DIR, the folder that broker start names';
    throw refusal('--cluster-id is about the records of a cluster', hint);
  }
  const read = (files: readonly string[], side: 'sent' | 'received' | 'effects'): ForeignFiles => ({
    files,
    format: options[`${side}Format`] ?? options.format,
    map: options[`${side}Map`] ?? options.map,
    where: options[`${side}Where`] ?? options.where,
  });
  return {
    sent: read(sent, 'sent'),
    received: read(received, 'received'),
    complete: partial !== true,
    acksOnly: acksOnly === true,
    ...(effects === undefined ? {} : { effects: read(effects, 'effects') }),
    ...(effectsQuery === undefined ? {} : { effectsQuery }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(out === undefined ? {} : { out }),
  };
}

const foreignOnly = [
  ...['partial', 'acksOnly', 'out', 'effects', 'effectsQuery', 'cluster', 'clusterId', 'format', 'map', 'where'],
  ...['sent', 'received', 'effects'].flatMap((side) => [`${side}Format`, `${side}Map`, `${side}Where`]),
] as (keyof AuditOptions)[];

const reasons: Partial<Record<keyof AuditOptions, string>> = {
  partial: 'of a run it is known what is missing',
  acksOnly: 'a run records every send',
  out: 'a run is judged where it is',
  effects: 'a run reads its own store',
  effectsQuery: 'a run reads its own store',
  cluster: 'a run reads its own log',
  clusterId: 'a run reads its own log',
};

function dashed(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function refusal(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'usage', hint });
}
