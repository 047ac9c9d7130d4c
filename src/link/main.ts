/*
 * The program of the links: forwards TCP connections to nodes, and bends them as it is told.
 *
 * `main.js LINKS`, where LINKS is a JSON list of
 * `{"name": "b1", "listen": {"host": "127.0.0.1", "port": 0}, "target": {"host": "127.0.0.1", "port": 9092}}`, each with
 * `"protocol": NAME` if it is to understand one. Prints `{"ready": true, "links": [{"name": "b1", "port": 41234}, …]}`
 * once all listen, or one JSON line on stderr if it cannot. Then it obeys orders on stdin (orders.ts) until that ends:
 *
 * - `know`, `{"processes": {"4711": "p1", …}}`: the names of processes, all of them each time
 * - `bend`, `{"rules": [rule, …], "seed": 42}`: see rule.ts
 * - `heal`, `{"rule": "f1"}`: the rules of that id are no longer in force
 * - `probe`, `{"link": "b1", "as": "p1"}`: a connection of its own goes through
 * - `rules`, `{"link": "b1", …}`: for the link's protocol (interceptor.ts)
 * - `counts`, `{}`: what each link has done
 *
 * Exit codes: 0 its input has ended; 2 wrong arguments; 4 could not start; 70 a bug of this program.
 */
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import { protocols } from '../products/protocols.ts';
import type { Address } from './connection.ts';
import { Link, type LinkSpec } from './link.ts';
import { type Details, type Orders, readOrders, wrongOrder } from './orders.ts';
import { concernsAll, parseRules } from './rule.ts';
import { Sources, whyNoSources } from './sources.ts';

interface Given extends LinkSpec {
  readonly protocol?: string;
}

// Whoever reads our output may end before this process does: that is no reason to crash.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
// Ctrl-C in a terminal is for the tool, which ends our input when it is done.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

try {
  await run(process.argv[2] ?? '');
} catch (error) {
  process.exit(explain(error));
}

async function run(argument: string): Promise<void> {
  const sources = new Sources();
  const opened = parseLinks(argument).map((spec) => open(spec, sources));
  const links = new Map((await Promise.all(opened)).map((link) => [link.name, link]));
  say({ ready: true, links: [...links.values()].map(({ name, port }) => ({ name, port })) });
  await readOrders(process.stdin, say, ordersFor(links, sources));
  process.exit(exitCodes.pass);
}

async function open({ protocol, ...spec }: Given, sources: Sources): Promise<Link> {
  const log = (what: Details): void => say({ log: what });
  const make = protocol === undefined ? undefined : protocols[protocol];
  if (protocol !== undefined && make === undefined) {
    throw usage(`no protocol ${protocol}`, `protocols: ${Object.keys(protocols).join(', ') || 'none'}`);
  }
  return Link.open({ ...spec, sources, protocol: await make?.(spec.target), log });
}

function ordersFor(links: ReadonlyMap<string, Link>, sources: Sources): Orders {
  const linkOf = (name: unknown): Link => {
    const link = links.get(String(name));
    if (link === undefined) throw wrongOrder(`no link ${String(name)}`, `links: ${[...links.keys()].join(', ')}`);
    return link;
  };
  return {
    know: ({ processes }) => {
      sources.know(parseProcesses(processes));
      for (const link of links.values()) link.renamed();
      return {};
    },
    bend: ({ rules, seed }) => {
      const parsed = parseRules(rules).map((rule) => ({ rule, link: linkOf(rule.link) }));
      const unable = parsed.every(({ rule }) => concernsAll(rule)) ? undefined : whyNoSources();
      if (unable !== undefined) throw wrongOrder(unable, 'let the fault be about all connections of the node');
      const numbers = typeof seed === 'number' ? seed : 0;
      return { links: parsed.map(({ rule, link }) => ({ link: link.name, ...link.obey(rule, numbers) })) };
    },
    heal: ({ rule }) => ({
      links: [...links.values()].map((link) => ({ link: link.name, ...link.heal(String(rule)) })),
    }),
    probe: ({ link, as }) => linkOf(link).probe(typeof as === 'string' ? as : undefined),
    rules: ({ link, ...order }) => {
      const { protocol, name } = linkOf(link);
      if (protocol === undefined) throw wrongOrder(`${name} understands no protocol`, 'start it with one');
      return protocol.rules(order);
    },
    counts: () => ({ links: [...links.values()].map((link) => ({ link: link.name, ...link.counts() })) }),
  };
}

function parseProcesses(value: unknown): ReadonlyMap<number, string> {
  if (typeof value !== 'object' || value === null) throw wrongOrder('processes is a map', '{"4711":"p1"}');
  return new Map(Object.entries(value).map(([pid, name]) => [Number(pid), String(name)]));
}

function parseLinks(argument: string): readonly Given[] {
  const example = `[{"name":"b1","listen":{"host":"127.0.0.1","port":0},"target":{"host":"127.0.0.1","port":9092}}]`;
  let value: unknown;
  try {
    value = JSON.parse(argument);
  } catch (error) {
    throw usage(`the argument is no JSON: ${messageOf(error)}`, example);
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every(isGiven)) {
    throw usage('the argument is no list of links', example);
  }
  return value;
}

function isGiven(value: unknown): value is Given {
  const { name, listen, target } = (value ?? {}) as Partial<Record<keyof LinkSpec, unknown>>;
  return typeof name === 'string' && isAddress(listen) && isAddress(target);
}

function isAddress(value: unknown): value is Address {
  const { host, port } = (value ?? {}) as Partial<Record<keyof Address, unknown>>;
  return typeof host === 'string' && typeof port === 'number' && Number.isInteger(port) && port >= 0 && port < 65_536;
}

function say(line: Details): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function usage(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'bad-argument', hint });
}

function explain(error: unknown): number {
  if (!(error instanceof ToolError)) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
    return exitCodes.internal;
  }
  const { code, message, hint } = error;
  process.stderr.write(`${JSON.stringify({ error: code, message, hint })}\n`);
  return error.exitCode;
}
