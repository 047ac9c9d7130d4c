/** What servers refuse, for users. */
import { exitCodes, messageOf, ToolError } from '../../../errors.ts';
import { isDenied } from './connection.ts';
import { apiCode } from './streams.ts';

/** Of the API (server/errors.json): replicas without a cluster, no JetStream for the account or the server, overlapping subjects. */
const finalCodes = new Set([10074, 10039, 10076, 10065, 10052]);

export function isFinal(error: unknown): boolean {
  return isDenied(error) || finalCodes.has(apiCode(error) ?? 0);
}

export function channelExists(stream: string): ToolError {
  return new ToolError(`the stream ${stream} exists already`, {
    code: 'channel-exists',
    hint: 'choose another name: a stream that mqchaos did not make is never touched',
    exitCode: exitCodes.setup,
  });
}

export function refused(what: string, failure: unknown): ToolError {
  const replicas = apiCode(failure) === 10074 || /no suitable peers/.test(messageOf(failure));
  return new ToolError(`cannot ${what}: ${messageOf(failure)}`, {
    code: 'broker-refuses',
    hint: replicas
      ? 'topic.replication asks for more servers than the cluster has'
      : 'check that JetStream is enabled (jetstream {} in the configuration) and that a majority of the servers runs',
    cause: failure,
    exitCode: exitCodes.setup,
  });
}
