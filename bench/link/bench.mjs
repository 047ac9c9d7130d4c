// What a link costs: throughput of one and of eight connections, and round trips of small messages, directly, through a link
// and through toxiproxy, in turn. Client, proxy and server are processes of their own.
//   node bench/link/bench.mjs [ROUNDS] [SECONDS]        TOXIPROXY=path/to/toxiproxy-server, else it is left out
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 3);
const host = '127.0.0.1';
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const children = [];

const start = async (command, args, options = {}) => {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  children.push(child);
  await once(child, 'spawn');
  return child;
};

const freePort = async () => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

const line = async (child) => JSON.parse(String((await once(child.stdout, 'data'))[0]));

const measure = async (port, kind, connections) => {
  const client = await start(process.execPath, [
    file('client.mjs'),
    kind,
    String(port),
    String(connections),
    String(seconds),
  ]);
  return line(client);
};

// Seconds of CPU that a process has had: proc(5), in ticks of 10 ms. On a busy machine this tells more than the time of day.
const cpuSeconds = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const span = (values) =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

try {
  const server = await start(process.execPath, [file('server.mjs')]);
  const { port: direct } = await line(server);
  const ways = { direct };
  const proxies = {};
  const links = [{ name: 'b1', listen: { host, port: 0 }, target: { host, port: direct } }];
  const link = await start(process.execPath, [file('../../dist/link/main.js'), JSON.stringify(links)]);
  ways.link = (await line(link)).links[0].port;
  proxies.link = link.pid;
  const { TOXIPROXY: toxiproxy } = process.env;
  if (toxiproxy !== undefined) {
    const [api, listen] = [await freePort(), await freePort()];
    const proxy = await start(toxiproxy, ['-host', host, '-port', String(api)], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const body = JSON.stringify({
      name: 'b1',
      listen: `${host}:${listen}`,
      upstream: `${host}:${direct}`,
      enabled: true,
    });
    for (let tries = 0; ; tries += 1) {
      const made = await fetch(`http://${host}:${api}/proxies`, { method: 'POST', body }).catch(() => undefined);
      if (made?.ok) break;
      if (tries > 100) throw new Error(`toxiproxy makes no proxy: ${await made?.text()}`);
      await new Promise((wake) => setTimeout(wake, 100));
    }
    ways.toxiproxy = listen;
    proxies.toxiproxy = proxy.pid;
  }
  const results = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, connections] of [
      ['bytes', 1],
      ['bytes', 8],
      ['trips', 1],
    ]) {
      const what = `${kind} ${connections}`;
      results[what] ??= [];
      const found = {};
      for (const [way, port] of Object.entries(ways)) {
        const before = proxies[way] === undefined ? 0 : cpuSeconds(proxies[way]);
        const said = await measure(port, kind, connections);
        const cpu = proxies[way] === undefined ? undefined : cpuSeconds(proxies[way]) - before;
        found[way] = { ...said, megabytesPerCpuSecond: said.megabytes / cpu };
      }
      results[what].push(found);
    }
  }
  console.log(
    `${cpus().length} CPUs, load average ${loadavg()[0].toFixed(1)}, ${rounds} rounds of ${seconds} s each, ways in turn`,
  );
  for (const [what, row] of Object.entries(results)) {
    console.log(`\n${what}`);
    for (const way of Object.keys(ways)) {
      const of = (key) => row.map((found) => found[way][key]);
      const cpu = proxies[way] === undefined ? '' : `, MB for a second of its CPU ${span(of('megabytesPerCpuSecond'))}`;
      if (what.startsWith('bytes')) console.log(`  ${way.padEnd(10)} MB/s ${span(of('megabytesPerSecond'))}${cpu}`);
      else console.log(`  ${way.padEnd(10)} us p50 ${span(of('p50Us'))}, p99 ${span(of('p99Us'))}`);
    }
    for (const way of Object.keys(ways).filter((name) => name !== 'link')) {
      const key = what.startsWith('bytes') ? 'megabytesPerSecond' : 'p50Us';
      const ratios = row.map((found) => found.link[key] / found[way][key]);
      const cpu = row.map((found) => found.link.megabytesPerCpuSecond / found[way].megabytesPerCpuSecond);
      const byCpu = what.startsWith('bytes') && way !== 'direct' ? `; by CPU ${span(cpu)}` : '';
      console.log(`  link to ${way}, of neighbours: ${span(ratios)}${byCpu}`);
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
}
