import type { Api } from './api.ts';
import { apiVersions } from './apis/versions.ts';
import { Reader } from './reader.ts';
import { nullableString, type Wire } from './types.ts';
import { Writer } from './writer.ts';

export interface RequestHeader {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Of what a broker answers. Fetch stays far below; a request that would need more is refused by closing its connection. */
export const responseLimitBytes = 256 * 1024 * 1024;

const plain: Wire = { version: 0, flexible: false };

/** Request header versions 1 and 2. The client id stays in the old encoding in both; tags follow in flexible versions. */
export function readHeader(reader: Reader): RequestHeader {
  return {
    apiKey: reader.int16(),
    version: reader.int16(),
    correlationId: reader.int32(),
    clientId: nullableString.read(reader, plain),
  };
}

export function readRequest<Q, S>(api: Api<Q, S>, header: RequestHeader, reader: Reader): Q {
  const wire = wireOf(api, header.version);
  if (wire.flexible) reader.skipTags();
  return api.request.read(reader, wire);
}

export function encodeRequest<Q, S>(api: Api<Q, S>, header: Omit<RequestHeader, 'apiKey'>, request: Q): Buffer {
  const wire = wireOf(api, header.version);
  const writer = new Writer();
  writer.int16(api.key);
  writer.int16(header.version);
  writer.int32(header.correlationId);
  nullableString.write(writer, header.clientId, plain);
  if (wire.flexible) writer.uvarint(0);
  api.request.write(writer, request, wire);
  return writer.finish();
}

export function encodeResponse<Q, S>(api: Api<Q, S>, version: number, correlationId: number, response: S): Buffer {
  const writer = new Writer(responseLimitBytes);
  writeResponse(writer, api, version, correlationId, response);
  return writer.finish();
}

/** A response with its length before it, in parts, so that nobody copies the records in it. */
export function responseFrame<Q, S>(api: Api<Q, S>, version: number, correlationId: number, response: S): Buffer[] {
  const writer = new Writer(responseLimitBytes);
  writer.int32(0);
  writeResponse(writer, api, version, correlationId, response);
  const parts = writer.finishInParts();
  parts[0]?.writeInt32BE(writer.writtenBytes - 4);
  return parts;
}

function writeResponse<Q, S>(
  writer: Writer,
  api: Api<Q, S>,
  version: number,
  correlationId: number,
  response: S,
): void {
  const wire = wireOf(api, version);
  writer.int32(correlationId);
  if (wire.flexible && api.key !== apiVersions.key) writer.uvarint(0);
  api.response.write(writer, response, wire);
}

export function decodeResponse<Q, S>(api: Api<Q, S>, version: number, payload: Buffer): [correlationId: number, S] {
  const wire = wireOf(api, version);
  const reader = new Reader(payload);
  const correlationId = reader.int32();
  if (wire.flexible && api.key !== apiVersions.key) reader.skipTags();
  return [correlationId, api.response.read(reader, wire)];
}

function wireOf<Q, S>(api: Api<Q, S>, version: number): Wire {
  return { version, flexible: version >= api.flexibleFrom };
}
