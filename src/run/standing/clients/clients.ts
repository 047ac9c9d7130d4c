/** Where clients reach a standing cluster, and what they must bring: as it was asked for, made ready for its brokers. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf, ToolError } from '../../../errors.ts';
import type { ClientEntry } from '../../../products/product.ts';
import type { StandingFolder } from '../folder.ts';
import { type UserLogin, usersText } from './logins.ts';
import { type CertificateFiles, makeCertificate } from './made-certificate.ts';
import { outwardAddress } from './outward.ts';
import { addressesOf, isWildcard, ownAddresses, type Place, spellPlace } from './place.ts';

export interface ClientsWanted {
  /** Absent: 127.0.0.1 alone. */
  readonly listen?: Place;
  /** What clients are told: one place for all brokers, whose ports follow, or one for each. Absent: where they listen. */
  readonly advertise?: readonly Place[];
  /** `made`: a certificate is made. Absent: no TLS. */
  readonly tls?: 'made' | CertificateFiles;
  /** Empty: nobody has to log in. */
  readonly logins: readonly UserLogin[];
}

export interface ClientsReady {
  readonly entry: ClientEntry;
  /** As most clients call it: their `security.protocol`. */
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** The certificate that clients are to trust, where one was made. */
  readonly ca?: string;
  readonly users: readonly string[];
  /** Sentences for whoever starts it. */
  readonly remarks: readonly string[];
}

const loopback = '127.0.0.1';

/**
 * @param ports of the brokers, in their order.
 * @throws ToolError `bad-advertise` (exit 2), `host-not-known`, `bad-certificate` (exit 4).
 */
export async function readyFor(
  { listen, advertise, tls, logins }: ClientsWanted,
  folder: StandingFolder,
  ports: readonly number[],
): Promise<ClientsReady> {
  const remarks: string[] = [];
  const addresses = listen === undefined ? [loopback] : await addressesOf(listen.host, '--listen');
  const { told, why } = await toldTo(listen, advertise, ports);
  if (why !== undefined) remarks.push(why);
  const certificate = tls === undefined ? undefined : await certificateFor(tls, folder, listen, told, remarks);
  const isOpen = addresses.some((address) => address !== loopback && address !== '::1');
  if (isOpen && logins.length === 0) {
    remarks.push('whoever reaches this machine may read and write; --sasl USER:PASSWORD asks for a login');
  }
  if (tls === undefined && logins.length > 0 && isOpen) {
    remarks.push('PLAIN logins cross the network in the clear; --tls encrypts them');
  }
  const protocols = tls === undefined ? (['PLAINTEXT', 'SASL_PLAINTEXT'] as const) : (['SSL', 'SASL_SSL'] as const);
  return {
    entry: {
      listen: addresses,
      advertised: told.map(({ host, port }) => spellPlace(host, port)),
      ...(certificate === undefined ? {} : { certificate: { cert: certificate.cert, key: certificate.key } }),
      ...(logins.length === 0 ? {} : { users: usersFile(folder, logins) }),
    },
    protocol: protocols[logins.length === 0 ? 0 : 1],
    ...(certificate?.ca === undefined ? {} : { ca: certificate.ca }),
    users: logins.map(({ user }) => user),
    remarks,
  };
}

type Told = Required<Place>;

async function toldTo(
  listen: Place | undefined,
  advertise: readonly Place[] | undefined,
  ports: readonly number[],
): Promise<{ readonly told: readonly Told[]; readonly why?: string }> {
  if (advertise !== undefined) return { told: advertised(advertise, ports) };
  const host = listen?.host ?? loopback;
  if (!isWildcard(host)) return { told: ports.map((port) => ({ host, port })) };
  const outward = await outwardAddress();
  const why = `clients are told ${outward}, the address by which this machine is reached; --advertise HOST is for another`;
  return { told: ports.map((port) => ({ host: outward, port })), why };
}

function advertised(places: readonly Place[], ports: readonly number[]): readonly Told[] {
  const [first, ...others] = places;
  const nowhere = places.find(({ host }) => isWildcard(host));
  if (nowhere !== undefined) throw badAdvertise(`clients cannot connect to ${nowhere.host}`);
  if (first === undefined || (others.length > 0 && places.length !== ports.length)) {
    throw badAdvertise(`${places.length} places for ${ports.length} brokers`);
  }
  const told = ports.map((own, index): Told => {
    const place = others.length === 0 ? first : (places[index] as Place);
    const follows = others.length === 0 ? index : 0;
    return { host: place.host, port: place.port === undefined ? own : place.port + follows };
  });
  if (told.some(({ port }) => port > 65_535)) throw badAdvertise('the ports that follow end at 65535');
  return told;
}

function badAdvertise(problem: string): ToolError {
  const hint =
    '--advertise HOST or HOST:PORT, from which on the ports of the others follow; or one for each, with commas';
  return new ToolError(`--advertise: ${problem}`, { code: 'bad-advertise', hint });
}

async function certificateFor(
  tls: 'made' | CertificateFiles,
  folder: StandingFolder,
  listen: Place | undefined,
  told: readonly Told[],
  remarks: string[],
): Promise<CertificateFiles & { readonly ca?: string }> {
  const hosts = [...new Set(told.map(({ host }) => host))];
  if (tls === 'made') {
    const here = listen === undefined ? [] : isWildcard(listen.host) ? [hostname(), ...ownAddresses()] : [listen.host];
    const names = new Set([...hosts, ...here, 'localhost', loopback, '::1']);
    return await makeCertificate(clientsFolder(folder), [...names]);
  }
  const files = { cert: resolve(tls.cert), key: resolve(tls.key) };
  const certificate = readCertificate(files.cert);
  const covers = (host: string): boolean =>
    (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
  for (const host of hosts) {
    if (!covers(host)) remarks.push(`${tls.cert} is not for ${host}: clients that check it will refuse it`);
  }
  return files;
}

function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file));
  } catch (cause) {
    throw new ToolError(`--tls-cert: cannot read ${file} as a certificate: ${messageOf(cause)}`, {
      code: 'bad-certificate',
      hint: 'a file of PEM: the certificate, and the chain behind it',
    });
  }
}

/** For its owner only: with it one can try passwords. */
function usersFile(folder: StandingFolder, logins: readonly UserLogin[]): string {
  const path = join(clientsFolder(folder), 'users.json');
  mkdirSync(clientsFolder(folder), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, usersText(logins), { mode: 0o600 });
  return path;
}

function clientsFolder({ path }: StandingFolder): string {
  return join(path, 'clients');
}
