/** Taking a container from its networks, and putting it back as it was. */
import type { Evidence } from '../controls.ts';
import type { Connection, Container } from './container.ts';
import type { Engine } from './engine.ts';

/** Network modes in which there is nothing to take a container from. */
const without = /^(host|none|container:.*)$/;

/** Its ports are those of the host or of another container: it publishes none of its own. */
export function sharesPorts({ networkMode }: Container): boolean {
  return networkMode !== 'none' && without.test(networkMode);
}

/** Why a container cannot be taken from its networks; undefined: it can. */
export function whyBound({ networkMode, connections }: Container): string | undefined {
  if (without.test(networkMode)) return `has no network of its own (network mode ${networkMode.split(':')[0]})`;
  return connections.length === 0 ? 'is in no network' : undefined;
}

/** @throws Error when it is still in one of them. */
export async function disconnectAll(engine: Engine, { id, name, connections }: Container): Promise<Evidence> {
  for (const { network } of connections) await engine.order(['network', 'disconnect', network, id]);
  const { connections: left, published } = await engine.inspect(id);
  if (left.length > 0) throw new Error(`${name} is still in ${namesOf(left)}`);
  return { disconnected: connections.map(({ network, address }) => ({ network, address })), published };
}

/**
 * Puts a container back into the networks that it is not in. Addresses that were asked for, names and ports are the same
 * again. Where nobody asked for an address the engine gives one, and may give another: `moved` says so.
 * @throws Error when the container has not all of it again.
 */
export async function reconnect(engine: Engine, id: string, before: readonly Connection[]): Promise<Evidence> {
  const now = await engine.inspect(id);
  const there = new Set(now.connections.map(({ network }) => network));
  const missing = before.filter(({ network }) => !there.has(network));
  for (const connection of missing) await engine.order(connectArgs(id, connection));
  const after = await engine.inspect(id);
  const wrong = before.flatMap((connection) => {
    const found = after.connections.find(({ network }) => network === connection.network);
    return differences(connection, found);
  });
  if (wrong.length > 0) throw new Error(`${after.name} is not in its networks as before: ${wrong.join(', ')}`);
  const moved = before.flatMap(({ network, address }) => {
    const found = after.connections.find((each) => each.network === network)?.address ?? '';
    return address === '' || found === '' || found === address ? [] : [{ network, from: address, to: found }];
  });
  return {
    connected: missing.map(({ network }) => network),
    ...(moved.length === 0 ? {} : { moved }),
    published: after.published,
  };
}

/** As it was asked for when the container was made. */
export function connectArgs(id: string, connection: Connection): string[] {
  const { network, ip, ip6, aliases, links, linkLocal, driverOptions, gatewayPriority } = connection;
  return [
    ...['network', 'connect'],
    ...(ip === undefined ? [] : ['--ip', ip]),
    ...(ip6 === undefined ? [] : ['--ip6', ip6]),
    ...aliases.flatMap((alias) => ['--alias', alias]),
    ...links.flatMap((link) => ['--link', link]),
    ...linkLocal.flatMap((address) => ['--link-local-ip', address]),
    ...Object.entries(driverOptions).flatMap(([key, value]) => ['--driver-opt', `${key}=${value}`]),
    ...(gatewayPriority === 0 ? [] : ['--gw-priority', String(gatewayPriority)]),
    ...[network, id],
  ];
}

function differences(before: Connection, after: Connection | undefined): string[] {
  const { network, ip, ip6, aliases } = before;
  if (after === undefined) return [`not in ${network}`];
  return [
    ...(ip === after.ip ? [] : [`${network} without ${ip}`]),
    ...(ip6 === after.ip6 ? [] : [`${network} without ${ip6}`]),
    ...aliases.filter((alias) => !after.aliases.includes(alias)).map((alias) => `${network} without its name ${alias}`),
  ];
}

function namesOf(connections: readonly Connection[]): string {
  return connections.map(({ network }) => network).join(', ');
}
