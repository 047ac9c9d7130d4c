/** Addresses as they are written on a command line: HOST, HOST:PORT, and IPv6 in brackets where a port follows. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { exitCodes, ToolError } from '../../../errors.ts';

export interface Place {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port?: number;
}

/** Undefined: it is none. */
export function parsePlace(text: string): Place | undefined {
  if (isIP(text) === 6) return { host: text };
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  const host = bracketed ?? bare;
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return port === undefined ? { host } : { host, port };
}

/** `host:port`, IPv6 in brackets. */
export function spellPlace(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** All addresses of a machine, rather than one of them. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host);
}

/** The IP addresses of a host. @throws ToolError `host-not-known` (exit 4). */
export async function addressesOf(host: string, option: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (cause) {
    throw new ToolError(`${option}: nobody here knows the host ${host}`, {
      code: 'host-not-known',
      hint: 'an IP address of this machine, or a name that /etc/hosts or DNS knows; 0.0.0.0 is all addresses',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** Addresses of this machine by which others can reach it. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((each = []) =>
    each.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address),
  );
}
