import type { Api } from '../wire/api.ts';
import { apiVersions } from '../wire/apis/versions.ts';
import { code } from '../wire/codes.ts';
import { type RequestHeader, readRequest, responseFrame } from '../wire/message.ts';
import type { Reader } from '../wire/reader.ts';
import { unservedApi } from './unserved.ts';

/** The client that sent a request, and the version of the API that it uses. */
export interface Caller {
  readonly clientId: string;
  readonly host: string;
  readonly version: number;
}

/** The bytes that answer a request, with their length before them. */
export type Answer = readonly Buffer[];

/** How requests of one API are answered. `undefined` instead of an answer: none is sent (Produce with acks 0). */
export interface Route {
  readonly api: Api<unknown, unknown>;
  /** Whether several requests of this API may be in progress on a connection at the same time. */
  readonly pipelined: boolean;
  answer(header: RequestHeader, reader: Reader, host: string): Promise<Answer | undefined>;
}

export type Routes = ReadonlyMap<number, Route>;

export function route<Q, S>(
  api: Api<Q, S>,
  answer: (request: Q, caller: Caller) => S | undefined | Promise<S | undefined>,
  pipelined = false,
): Route {
  return {
    api: api as Api<unknown, unknown>,
    pipelined,
    async answer(header, reader, host) {
      const request = readRequest(api, header, reader);
      const caller = { clientId: header.clientId ?? '', host, version: header.version };
      const response = await answer(request, caller);
      return response === undefined ? undefined : responseFrame(api, header.version, header.correlationId, response);
    },
  };
}

export function routesOf(list: readonly Route[]): Routes {
  const routes = new Map(list.map((one) => [one.api.key, one]));
  const versions = route(apiVersions, () => ({ ...apiVersions.response.zero, apiKeys: servedKeys(routes) }));
  return routes.set(apiVersions.key, versions);
}

/** Thrown by a route when closing the connection is the only way to report an error. */
export class HangUp extends Error {}

/** Thrown when the connection is to be closed after this answer. */
export class LastAnswer extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('closing after this answer');
    this.answer = answer;
  }
}

/**
 * Answers one request. A version of ApiVersions that is not served is answered with those that are (KIP-511).
 * @throws Unserved for any other API or version that is not served: Kafka closes the connection too
 */
export async function answerTo(
  routes: Routes,
  header: RequestHeader,
  reader: Reader,
  host: string,
): Promise<Answer | undefined> {
  const found = routes.get(header.apiKey);
  if (found !== undefined && header.version >= found.api.min && header.version <= found.api.max) {
    return found.answer(header, reader, host);
  }
  if (header.apiKey !== apiVersions.key) throw unservedApi(header, host, found?.api);
  const refusal = { errorCode: code.UNSUPPORTED_VERSION, apiKeys: servedKeys(routes), throttleTimeMs: 0 };
  return responseFrame(apiVersions, 0, header.correlationId, refusal);
}

/** The APIs that clients are told of. Those with keys above Kafka's are for nodes and the name server only. */
function servedKeys(routes: Routes) {
  return [...routes.values()]
    .filter(({ api }) => api.key < 20_000)
    .map(({ api }) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }));
}
