// What a link costs: throughput of one and of eight connections, and round trips of small messages, directly, through a link
// and through toxiproxy, in turn. Client, proxy and server are processes of their own.
//   node bench/link/bench.mjs [ROUNDS] [SECONDS]        TOXIPROXY=path/to/toxiproxy-server, else it is left out
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const span = (values) =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

try {
  const server = await start(process.execPath, [file('server.mjs')]);
  const { port: direct } = await line(server);
  const ways = { direct };
  const links = [{ name: 'b1', listen: { host, port: 0 }, target: { host, port: direct } }];
  const link = await start(process.execPath, [file('../../dist/link/main.js'), JSON.stringify(links)]);
  ways.link = (await line(link)).links[0].port;
  const { TOXIPROXY: toxiproxy } = process.env;
  if (toxiproxy !== undefined) {
    const [api, listen] = [await freePort(), await freePort()];
    await start(toxiproxy, ['-host', host, '-port', String(api)], { stdio: ['ignore', 'ignore', 'ignore'] });
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
      for (const [way, port] of Object.entries(ways)) found[way] = await measure(port, kind, connections);
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
      if (what.startsWith('bytes')) console.log(`  ${way.padEnd(10)} MB/s ${span(of('megabytesPerSecond'))}`);
      else console.log(`  ${way.padEnd(10)} us p50 ${span(of('p50Us'))}, p99 ${span(of('p99Us'))}`);
    }
    for (const way of Object.keys(ways).filter((name) => name !== 'link')) {
      const key = what.startsWith('bytes') ? 'megabytesPerSecond' : 'p50Us';
      const ratios = row.map((found) => found.link[key] / found[way][key]);
      console.log(`  link to ${way}, of neighbours: ${span(ratios)}`);
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
}
