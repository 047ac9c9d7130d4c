/** kcat, a process for each step. It makes no topics: kafkajs does that for it, which is not what is tested. */
import { spawn } from 'node:child_process';
import kafkajs from 'kafkajs';
import { bootstrap, contentOf, patienceMs as defaultPatienceMs, inOrder, Refused, serve } from './serve.mjs';

const { Kafka, logLevel } = kafkajs;
const admin = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin();
await admin.connect();
const allDown = 'Local: All broker connections are down';

await serve(
  {
    createTopic: async ({ topic, partitions, replicationFactor = -1, configs = {}, validateOnly }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      const made = { topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }], validateOnly };
      await admin.createTopics(made).catch(() => {}); // what is refused is not kcat's
      return { notOffered: 'no such call' };
    },
    describeTopic: async ({ topic }) => {
      const [found] = (await list(topic)).topics;
      if (found.error !== undefined) throw new Refused(found.error);
      return found.partitions.map(({ partition }) => partition).sort();
    },
    listTopics: async () => (await list()).topics.map(({ topic }) => topic),
    describeCluster: async () => {
      const { brokers, controllerid } = await list();
      return { controller: brokers.some(({ id }) => id === controllerid) };
    },
    produce,
    consume,
    offsets: async ({ topic, at }) => {
      if (at === 'max-timestamp') return { notOffered: 'no such call' };
      const time = { beginning: -2, end: -1 }[at] ?? at;
      const [found] = (await list(topic)).topics;
      if (found.error !== undefined) throw new Refused(found.error);
      const each = found.partitions.flatMap(({ partition }) => ['-t', `${topic}:${partition}:${time}`]);
      const out = await kcat(['-Q', ...each]);
      return [...out.matchAll(/ \[(\d+)\] offset (-?\d+)/g)]
        .sort(([, a], [, b]) => Number(a) - Number(b))
        .map(([, , offset]) => Number(offset));
    },
    groupConsume: async ({ topic, group, protocol }) => {
      if (protocol !== undefined) return { notOffered: 'no such protocol' };
      // to the end: which partition comes first is chance
      const options = ['-X', 'auto.offset.reset=earliest', '-X', 'fetch.wait.max.ms=100', '-e'];
      const out = await kcat(['-G', group, ...options, '-J', '-q', topic], '', defaultPatienceMs);
      return inOrder(out.split('\n').filter(Boolean).map(told));
    },
    transaction: async ({ topic, transactionalId }) => {
      await kcat(['-P', '-t', topic, '-p', '0', '-X', `transactional.id=${transactionalId}`], 'x');
    },
  },
  (error) => error.message,
);

async function list(topic) {
  return JSON.parse(await kcat(['-L', '-J', ...(topic === undefined ? [] : ['-t', topic])]));
}

async function produce({ topic, partition, records, acks = -1, compression = 'none', idempotent = false }) {
  if (records.some(({ timestamp }) => timestamp !== undefined)) return { notOffered: 'no times' };
  const [{ headers = [] }] = records;
  const settings = { acks, 'enable.idempotence': idempotent, 'message.max.bytes': 10_000_000, 'linger.ms': 50 };
  const keyed = records.some(({ key }) => key !== undefined);
  const args = ['-P', '-t', topic, '-z', compression, ...(keyed ? ['-K', '\t'] : [])];
  if (partition !== undefined) args.push('-p', String(partition));
  if (records.some(({ value }) => value === null)) args.push('-Z');
  for (const [name, value] of headers) args.push('-H', `${name}=${value}`);
  for (const [name, value] of Object.entries({
    ...settings,
    'message.timeout.ms': 20_000,
    'topic.metadata.propagation.max.ms': 1000,
  })) {
    args.push('-X', `${name}=${value}`);
  }
  const input = records.map((record) => `${keyed ? `${record.key ?? ''}\t` : ''}${contentOf(record) ?? ''}`).join('\n');
  await kcat(args, input);
  return null;
}

async function consume({
  topic,
  partition,
  offset,
  back = 0,
  count,
  isolation = 'read_uncommitted',
  times,
  patienceMs = defaultPatienceMs,
}) {
  const from = typeof offset === 'object' ? `s@${offset.timestamp}` : offset === 'end' ? String(-back) : String(offset);
  const settings = [
    '-X',
    `isolation.level=${isolation}`,
    '-X',
    'auto.offset.reset=error',
    '-X',
    'fetch.wait.max.ms=100',
  ];
  const out = await kcat(
    ['-C', '-t', topic, '-p', String(partition), '-o', from, '-c', String(count), '-J', '-q', ...settings],
    '',
    patienceMs,
  );
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => told(line, times));
}

/** Of its JSON lines; `times` is a number where a list is mapped. */
function told(line, times) {
  const { partition, offset, key = null, payload, headers = [], ts } = JSON.parse(line);
  const value = payload !== null && payload.length > 1000 ? `${payload.length} bytes` : payload;
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  return { partition, offset, key, value, headers: pairs, ...(times === true ? { timestamp: ts } : {}) };
}

/** What kcat prints. It gives up when a broker that has just ended was its only one so far, and leaves it to its user to ask again. */
async function kcat(args, input = '', limitMs = 30_000) {
  for (const end = Date.now() + defaultPatienceMs; ; ) {
    try {
      return await kcatOnce(args, input, limitMs);
    } catch (error) {
      if (error.message !== allDown || Date.now() > end) throw error;
    }
  }
}

/** What it prints until it ends, or until it is ended because nothing more comes. */
async function kcatOnce(args, input, limitMs) {
  const child = spawn('kcat', ['-b', bootstrap, '-m', '10', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGTERM'), limitMs);
  child.stdin.on('error', () => {}); // it may end before it has read all
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  process.stderr.write(errors);
  if (code !== 0 && code !== null) throw new Error(/(Broker|Local): [^()\n:]+/.exec(errors)?.[0].trim() ?? errors);
  return out;
}
