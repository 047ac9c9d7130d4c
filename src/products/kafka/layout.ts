/** How Kafka nodes of ours run: one Java process each, its storage formatted before its first start and after a lost disk. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NodeSpec } from '../../cluster/node-spec.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { type LayoutRequest, unlinked } from '../product.ts';
import { kafkaNodes } from './nodes.ts';
import { log4j, type Member, serverProperties } from './server-properties.ts';
import { type KafkaPlan, type ManagedKafka, managed } from './settings.ts';

const host = '127.0.0.1';
/** A node takes 3 to 7 s on a quiet machine; one whose old session has not expired yet is refused until then. */
const readyMs = 120_000;
/** It hands over what it leads first, and waits for a controller that may be gone. */
const stopMs = 60_000;

/** Ports are asked for node by node: for clients, then for the other controllers. */
export function layout({
  cluster,
  folder,
  port,
  programs,
  advertise = unlinked,
}: LayoutRequest<KafkaPlan>): NodeSpec[] {
  const settings = managed(cluster);
  if (settings === undefined) throw new Error('an attached cluster is not laid out');
  checkFolder(folder);
  const members = kafkaNodes(settings.nodes).map(({ id }, index): Member => {
    const [client, controller] = [`${host}:${port()}`, `${host}:${port()}`];
    return {
      ...{ id, number: index + 1, folder: join(folder, id), client, controller },
      advertised: advertise(id, client),
      voter: advertise(id, controller, { part: 'controller' }),
    };
  });
  const run: Run = { settings, members, clusterId: clusterId(folder), programs };
  return members.map((member) => node(member, run));
}

interface Run {
  readonly settings: ManagedKafka;
  readonly members: readonly Member[];
  readonly clusterId: string;
  readonly programs: Readonly<Record<string, string>>;
}

function node(member: Member, { settings, members, clusterId: cluster, programs }: Run): NodeSpec {
  const { id, folder, client, controller, advertised } = member;
  const properties = join(folder, 'server.properties');
  const java = (heapMiB: number, ...rest: readonly string[]): { command: string; args: string[] } => ({
    command: programs.java ?? 'java',
    args: [...jvmFlags(folder, heapMiB), '-cp', join(programs.kafka ?? '', '*'), ...rest],
  });
  const format = ['kafka.tools.StorageTool', 'format', '-t', cluster, '-c', properties];
  return {
    id,
    role: 'node',
    address: client,
    ...(advertised === client ? {} : { advertised }),
    addresses: { controller },
    folder,
    files: [
      { path: 'server.properties', text: serverProperties(member, members, settings) },
      { path: 'log4j2.yaml', text: log4j },
    ],
    // after a lost disk what there is of the metadata, on a disk of its own, is left as it is
    prepare: { ...java(formatHeapMiB, ...format, '--ignore-formatted'), unless: join('data', 'meta.properties') },
    ...java(settings.heapMiB, 'kafka.Kafka', properties),
    ready: 'driver',
    readyMs,
    stopMs,
    volume: { data: ['data'] },
  };
}

const formatHeapMiB = 128;

function jvmFlags(folder: string, heapMiB: number): string[] {
  return [
    `-Xms${Math.min(256, heapMiB)}m`,
    `-Xmx${heapMiB}m`,
    // what starts fast, and leaves the cores to others
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    // nothing outside of the node's folder: neither the counters in /tmp nor libraries unpacked there
    '-XX:-UsePerfData',
    `-Djava.io.tmpdir=${folder}`,
    `-Dkafka.logs.dir=${join(folder, 'logs')}`,
    `-Dlog4j2.configurationFile=${join(folder, 'log4j2.yaml')}`,
  ];
}

/** 16 bytes in 22 characters; another for each run, so that nodes that outlived theirs are refused. */
function clusterId(folder: string): string {
  const id = createHash('md5').update(folder).digest('base64url');
  return id.startsWith('-') ? `k${id.slice(1)}` : id; // Kafka takes a dash for the start of an option
}

/** Kafka splits its data folders at commas, Java its class path at colons. */
function checkFolder(folder: string): void {
  const [sign] = /,/.exec(folder) ?? [];
  if (sign === undefined) return;
  throw new ToolError(`Kafka cannot keep its data in a folder with a comma in its name: ${folder}`, {
    code: 'folder-name',
    hint: 'give another folder with --out',
    exitCode: exitCodes.setup,
  });
}
