import type { Api } from '../wire/api.ts';
import { apiNames } from '../wire/api-names.ts';
import type { RequestHeader } from '../wire/message.ts';

/** What a client asks for is not served, and its connection is closed. The message is for the owner of the application. */
export class Unserved extends Error {}

export function unservedApi(
  { apiKey, version, clientId }: RequestHeader,
  host: string,
  api: Api<unknown, unknown> | undefined,
): Unserved {
  const client = `client '${shown(clientId ?? '')}' from ${host}`;
  const asked = `${apiNames[apiKey] ?? `API ${apiKey}`} version ${version}`;
  const served = api === undefined ? 'which is not served' : `served are versions ${api.min} to ${api.max}`;
  return new Unserved(`${client} asks for ${asked}: ${served}; closing its connection`);
}

/** What a client calls itself, short and without control characters. A node's is the secret of its cluster: nobody is told. */
export function shown(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return '(a node)';
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, 100);
}

/** What else speaks to this port, by the first bytes of a connection; undefined: nothing that is known. */
export function otherProtocol(first: Buffer): string | undefined {
  if (first[0] === 0x16 && first[1] === 0x03) return 'TLS, but this port is plain: set security.protocol to PLAINTEXT';
  if (/^(GET|POST|PUT|HEAD|OPTIONS) /.test(first.toString('latin1', 0, 8))) return "HTTP, but this port is Kafka's";
  return undefined;
}
