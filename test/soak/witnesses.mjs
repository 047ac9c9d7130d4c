/**
 * Second witnesses of a run: what a product's own tools, or another client than ours, say of its channel while its
 * brokers still run. Synchronous, because an observer of a run is; each question is bounded, and carries the run's mark,
 * so that it ends with the run.
 *
 * A witness is asked with `{ nodes, run, topic, groups, partitions }` (folder of the nodes, of the run, names) and gives
 * `stored`, a list of `{ by, counts }` with the messages of each partition, and `open`, a list of `{ by, group, count }`
 * with what a group has not settled. It throws when nobody answers.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMark } from '../../dist/cluster/process.js';
import { fetchedFolder } from '../../dist/cluster/programs.js';

const boundMs = 90_000;
const mostBytes = 2 ** 28;
const host = '127.0.0.1';

export const witnesses = { bundled, kafka, rocketmq, rabbitmq, nats, redis };

/** librdkafka reads the whole topic (kcat), or Kafka's own tool tells the ends where there is no kcat. */
function bundled({ nodes, run, topic, partitions }) {
  const addresses = brokersIn(nodes, /^b\d+$/).map((id) => {
    const [, port] = /"port": *(\d+)/.exec(textOf(nodes, id, 'stdout.log')) ?? [];
    return `${host}:${port}`;
  });
  const bootstrap = addresses.join(',');
  try {
    const out = ask(run, 'kcat', ['-b', bootstrap, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%p\n']);
    const counts = Array.from({ length: partitions }, () => 0);
    for (const line of linesOf(out)) counts[Number(line)] += 1;
    return { stored: [{ by: 'kcat', counts }], open: [] };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return { stored: [offsets(run, bootstrap, topic, partitions)], open: [] };
}

/** The ends by Kafka's own client, and the files of every node by its own dump. */
function kafka({ nodes, run, topic, partitions }) {
  const ids = brokersIn(nodes, /^k\d+$/);
  const bootstrap = ids.map(
    (id) => /^advertised\.listeners=PLAINTEXT:\/\/(.+)$/m.exec(textOf(nodes, id, 'server.properties'))?.[1],
  );
  const segments = ids.flatMap((id) =>
    readdirSync(join(nodes, id, 'data')).flatMap((name) => {
      const folder = join(nodes, id, 'data', name);
      const partition = Number(name.slice(topic.length + 1));
      if (name !== `${topic}-${partition}`) return [];
      const files = readdirSync(folder).filter((file) => file.endsWith('.log'));
      return files.map((file) => ({ id, partition, path: join(folder, file) }));
    }),
  );
  const dump = java(run, 'kafka', 'org.apache.kafka.tools.DumpLogSegments', [
    '--files',
    segments.map(({ path }) => path).join(','),
  ]);
  const counts = new Map(ids.map((id) => [id, Array.from({ length: partitions }, () => undefined)]));
  for (const part of dump.split(/^Dumping /m)) {
    const segment = segments.find(({ path }) => part.startsWith(path));
    if (segment === undefined) continue;
    const found = [...part.matchAll(/^baseOffset: .* count: (\d+) /gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    const own = counts.get(segment.id);
    own[segment.partition] = (own[segment.partition] ?? 0) + found;
  }
  const copies = [...counts].map(([id, each]) => ({ by: `DumpLogSegments of ${id}`, counts: each }));
  return { stored: [offsets(run, bootstrap.join(','), topic, partitions), ...copies], open: [] };
}

function offsets(run, bootstrap, topic, partitions) {
  const end = (time) => {
    const args = ['--bootstrap-server', bootstrap, '--topic', topic, '--time', time];
    const out = java(run, 'kafka', 'org.apache.kafka.tools.GetOffsetShell', args);
    return new Map(linesOf(out).map((line) => line.split(':').slice(-2).map(Number)));
  };
  const [first, last] = [end('earliest'), end('latest')];
  const counts = Array.from({ length: partitions }, (_, partition) => last.get(partition) - first.get(partition));
  return { by: 'GetOffsetShell', counts };
}

/** `consumerProgress` is none: with POP an offset moves when a message is handed out. */
function rocketmq({ nodes, run, topic }) {
  const port = /^listenPort=(\d+)$/m.exec(textOf(nodes, 'ns', 'namesrv.conf'))?.[1];
  const args = ['topicStatus', '-n', `${host}:${port}`, '-t', topic];
  const out = java(run, 'rocketmq', 'org.apache.rocketmq.tools.command.MQAdminStartup', args);
  const queues = linesOf(out).flatMap((line) => {
    const [, set, queue, first, end] = /^(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\b/.exec(line) ?? [];
    return set === undefined ? [] : [{ set, queue: Number(queue), count: Number(end) - Number(first) }];
  });
  // partitions are the queues of the first set, then those of the next
  queues.sort((a, b) => a.set.localeCompare(b.set) || a.queue - b.queue);
  return { stored: [{ by: 'topicStatus', counts: queues.map(({ count }) => count) }], open: [] };
}

/**
 * Each node of the queues that it leads: to tell of all of them, every node would have to reach the command, which does not
 * listen. What is told of a quorum queue is up to 5 s old: what is open is asked for again.
 */
function rabbitmq({ nodes, run, groups }) {
  const args = [
    '-q',
    '--formatter',
    'json',
    'list_queues',
    '--local',
    'name',
    'messages_ready',
    'messages_unacknowledged',
  ];
  let open = [];
  for (let asked = 0; asked < 10; asked += 1) {
    const queues = brokersIn(nodes, /^rabbit\d+$/).flatMap((id) =>
      JSON.parse(ask(run, join(nodes, id, 'rabbitmqctl'), args)),
    );
    open = groups.map((group) => {
      const queue = queues.find(({ name }) => name === group);
      const count = queue === undefined ? undefined : queue.messages_ready + queue.messages_unacknowledged;
      return { by: 'list_queues', group, count };
    });
    if (open.every(({ count }) => count === 0)) break;
    sleep(1000);
  }
  return { stored: [], open };
}

/** Every server's own account of its copies, and that of a consumer by whoever leads it. */
function nats({ nodes, run, topic, groups, partitions }) {
  const [stored, open] = [[], []];
  for (const id of brokersIn(nodes, /^n\d+$/)) {
    const http = /^http: "(.+)"$/m.exec(textOf(nodes, id, 'nats.conf'))?.[1];
    const program = 'process.stdout.write(await (await fetch(process.argv[1])).text())';
    const url = `http://${http}/jsz?streams=true&consumers=true`;
    const account = JSON.parse(ask(run, process.execPath, ['--input-type=module', '-e', program, url]));
    const details = (account.account_details ?? []).flatMap(({ stream_detail: streams }) => streams ?? []);
    const own = Array.from({ length: partitions }, (_, partition) =>
      details.find(({ name }) => name === `${topic}-${partition}`),
    );
    stored.push({ by: `jsz of ${id}`, counts: own.map((stream) => stream?.state.messages) });
    for (const { name, consumer_detail: consumers = [] } of own.filter((stream) => stream !== undefined)) {
      for (const { name: group, cluster, num_pending: pending, num_ack_pending: unsettled } of consumers) {
        if (!groups.includes(group) || (cluster?.leader ?? id) !== id) continue;
        open.push({ by: `jsz of ${id}, ${name}`, group, count: pending + unsettled });
      }
    }
  }
  if (open.length !== groups.length * partitions) {
    open.push({ by: `jsz: leaders of ${open.length} consumers, of ${groups.length * partitions}` });
  }
  // one copy each: a server has only its own streams
  const partial = stored.every(({ counts }) => counts.includes(undefined));
  return { stored: partial ? [together(stored, partitions)] : stored, open };
}

function together(stored, partitions) {
  const counts = Array.from({ length: partitions }, (_, partition) => {
    const known = stored.map((each) => each.counts[partition]).filter((count) => count !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  });
  return { by: 'jsz', counts };
}

/** Every server's own length of its streams; of groups the primary's: pending, and whatever was never delivered. */
function redis({ nodes, run, topic, groups, partitions }) {
  const streams = Array.from({ length: partitions }, (_, partition) => `${topic}-${partition}`);
  const asking = (id) => {
    const port = /^port (\d+)$/m.exec(textOf(nodes, id, 'redis.conf'))?.[1];
    return (...args) => ask(run, 'redis-cli', ['-h', host, '-p', port, ...args]).trim();
  };
  const ids = brokersIn(nodes, /^r1(s\d+)?$/);
  const stored = ids.map((id) => ({
    by: `XLEN on ${id}`,
    counts: streams.map((stream) => Number(asking(id)('XLEN', stream))),
  }));
  const primary = asking('r1');
  const open = streams.flatMap((stream) =>
    groupsIn(primary('XINFO', 'GROUPS', stream), groups).map(({ group, pending, last }) => {
      const never = last === undefined ? ['never'] : linesOf(primary('XRANGE', stream, `(${last}`, '+', 'COUNT', '1'));
      return {
        by: `XINFO GROUPS ${stream}`,
        group,
        count: never.length === 0 ? pending : `${pending}, and what it was never given,`,
      };
    }),
  );
  return { stored, open };
}

/** What redis-cli prints: a field on a line, its value on the next; a group begins with its name. */
function groupsIn(text, groups) {
  const lines = text.split('\n');
  const found = new Map();
  let own = {};
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [field, value] = [lines[at], lines[at + 1]];
    if (field === 'name') {
      own = {};
      found.set(value, own);
    }
    own[field] = value;
  }
  return groups.map((group) => {
    const { pending, 'last-delivered-id': last } = found.get(group) ?? {};
    return { group, pending: Number(pending), last };
  });
}

function java(run, jars, main, args) {
  const flags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
  const places = [`-Duser.home=${run}`, `-Djava.io.tmpdir=${run}`];
  const libs = join(fetchedFolder(), jars, 'libs');
  if (!existsSync(libs)) throw new Error(`there is no ${libs}: mqchaos fetch ${jars}`);
  return ask(run, 'java', [...flags, ...places, '-cp', join(libs, '*'), main, ...args]);
}

/** What a program says on stdout. @throws Error with what it said on stderr. */
function ask(run, command, args) {
  const env = { ...process.env, [runMark]: run };
  const bounds = { timeout: boundMs, killSignal: 'SIGKILL', maxBuffer: mostBytes };
  return execFileSync(command, args, { encoding: 'utf8', cwd: run, env, stdio: ['ignore', 'pipe', 'pipe'], ...bounds });
}

function brokersIn(nodes, pattern) {
  return readdirSync(nodes)
    .filter((name) => pattern.test(name))
    .sort();
}

function textOf(...path) {
  return readFileSync(join(...path), 'utf8');
}

function linesOf(text) {
  return text.split('\n').filter((line) => line !== '');
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
