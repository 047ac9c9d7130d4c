/**
 * usage: node bench/broker/bench.mjs [ROUNDS=5] [MESSAGES=1000000] [ROWS]
 * The bundled broker (one master, the defaults of `broker start`) beside a real Kafka 4.3 (one node, its defaults), both on
 * this machine: each row is measured at one and then at the other, alternately. Prints the medians and, of neighbours, the
 * median of the ratio mqchaos / Kafka: messages a second, and messages a second of the broker's own CPU, which says more on a
 * machine that does other work. ROWS is a part of the rows' names. Needs Java 17 and `node bin/mqchaos.js fetch kafka`.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startKafka, startMqchaos } from './sides.mjs';

const [rounds = '5', messages = '1000000', only = ''] = process.argv.slice(2);
const program = fileURLToPath(new URL('load.mjs', import.meta.url));

const kafkajs = (name, kind, each, at, count) => ({
  name: `kafkajs, ${name}`,
  run: ({ bootstrap }) =>
    JSON.parse(
      execFileSync(process.execPath, [program, bootstrap, kind, String(each), String(at), String(count)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    ),
});
const java = (name, main, args) => ({
  name: `Java, ${name}`,
  run: ({ bootstrap, libs }, round) => {
    const out = execFileSync('java', ['-Xmx512m', '-cp', `${libs}/*`, main, ...args(bootstrap, round)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { perSecond: rateOf(out, main) };
  },
});
const rows = [
  kafkajs('one at a time', 'produce', 1, 1, 4_000),
  kafkajs('200 in flight', 'produce', 1, 200, 60_000),
  kafkajs('20 in flight of 10 messages', 'produce', 10, 20, 200_000),
  kafkajs('5 in flight of 100 messages', 'produce', 100, 5, 400_000),
  kafkajs('consume', 'consume', 0, 0, 400_000),
  java('produce', 'org.apache.kafka.tools.ProducerPerformance', (bootstrap, round) => [
    ...['--topic', `java-${round}`, '--num-records', messages, '--record-size', '256', '--throughput', '-1'],
    ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all'],
  ]),
  java('consume', 'org.apache.kafka.tools.ConsumerPerformance', (bootstrap, round) => [
    ...['--topic', `java-${round}`, '--num-records', messages, '--bootstrap-server', bootstrap, '--timeout', '60000'],
  ]),
].filter(({ name }) => name.includes(only));

const sides = { mqchaos: await startMqchaos(), kafka: await startKafka() };
try {
  console.log(`ready after ${sides.mqchaos.readyMs} ms, Kafka after ${sides.kafka.readyMs} ms`);
  for (const side of Object.values(sides)) await side.prepare(Number(rounds), only === '' || only.includes('ava'));
  console.log('| | mqchaos /s | Kafka /s | ratio | ratio by CPU |\n| --- | --- | --- | --- | --- |');
  for (const row of rows) {
    const seen = { mqchaos: [], kafka: [] };
    for (let round = 0; round < Number(rounds); round++) {
      for (const [name, side] of Object.entries(sides)) {
        const before = side.cpuSeconds();
        const { perSecond, count = Number(messages) } = row.run(side, round);
        seen[name].push({ perSecond, perCpu: count / (side.cpuSeconds() - before) });
      }
    }
    const rate = (side) => Math.round(median(seen[side].map(({ perSecond }) => perSecond)));
    const ratio = (key) => span(seen.mqchaos.map((one, round) => one[key] / seen.kafka[round][key]));
    console.log(`| ${row.name} | ${rate('mqchaos')} | ${rate('kafka')} | ${ratio('perSecond')} | ${ratio('perCpu')} |`);
  }
  console.log(`memory: ${sides.mqchaos.rssMb()} MB, Kafka ${sides.kafka.rssMb()} MB`);
} finally {
  for (const side of Object.values(sides)) await side.stop();
}

/** What the Java tools print last: records a second, in their own layouts. */
function rateOf(out, main) {
  if (main.includes('Producer')) {
    const rates = [...out.matchAll(/([\d.]+) records\/sec/g)];
    return Number(rates.at(-1)[1]);
  }
  const [header, ...lines] = out
    .trim()
    .split('\n')
    .filter((line) => line.includes(','));
  const at = header.split(',').findIndex((name) => name.trim() === 'fetch.nMsg.sec');
  return Number(lines.at(-1).split(',')[at]);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function span(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
