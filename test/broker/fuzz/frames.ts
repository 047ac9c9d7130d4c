import type { Api } from '../../../src/broker/wire/api.ts';
import * as admin from '../../../src/broker/wire/apis/admin.ts';
import * as groups from '../../../src/broker/wire/apis/groups.ts';
import * as offsets from '../../../src/broker/wire/apis/offsets.ts';
import * as records from '../../../src/broker/wire/apis/records.ts';
import * as routes from '../../../src/broker/wire/apis/routes.ts';
import * as topics from '../../../src/broker/wire/apis/topics.ts';
import * as versions from '../../../src/broker/wire/apis/versions.ts';
import { frame } from '../../../src/broker/wire/frame.ts';
import { nullableString } from '../../../src/broker/wire/types.ts';
import { type RandomStream, stream } from '../../../src/plan/random.ts';
import { type Mark, mutated, TracedWriter } from './mutations.ts';
import { madeUp, randomBytes } from './values.ts';

export type Protocol = 'client' | 'nodes';

function apisOf(...modules: readonly object[]): Api<unknown, unknown>[] {
  return modules.flatMap((module) => Object.values(module)).filter(isApi);
}

function isApi(value: unknown): value is Api<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'request' in value && 'key' in value;
}

/** Every API of each protocol, from the modules that define them: one that is added is fuzzed. */
export const apis: Readonly<Record<Protocol, readonly Api<unknown, unknown>[]>> = {
  client: apisOf(admin, groups, offsets, records, topics, versions),
  nodes: apisOf(routes),
};

/**
 * Frames that go through one connection. A node closes it at the first that is malformed, so what is wrong comes last: first
 * those that are well-formed, whatever their values, then one that may be not, and one that is not.
 */
export const framesPerConnection = 16;
const firstWrong = framesPerConnection - 2;

/** What the others rest on is sent more often: topics that are there, records in them, offsets of groups. */
const clientApis = [
  ...apis.client,
  ...Array<Api<unknown, unknown>[]>(6)
    .fill([records.produce as Api<unknown, unknown>])
    .flat(),
  ...([topics.createTopics, topics.createTopics, records.fetch, records.fetch, groups.joinGroup] as Api<
    unknown,
    unknown
  >[]),
];

/** Who serves the requests between nodes: replicas those that replicate, the name server all others. */
export type Role = 'name-server' | 'broker';
const replicaApis = apis.nodes.filter(({ key }) => key === routes.replicate.key || key === routes.tail.key);
const nameServerApis = apis.nodes.filter((api) => !replicaApis.includes(api));

/** How often a frame goes where nobody should send it. */
const strangeShare = 0.05;

/** Whom the frames of a connection are for; all of them give the same answer. */
export function roleOf(seed: number, protocol: Protocol, number: number): Role {
  const share = stream(seed, `role ${number - (number % framesPerConnection)}`).float();
  return share < (protocol === 'client' ? strangeShare : 0.7) ? 'name-server' : 'broker';
}

/**
 * Frame `number` of a seed, with its length in front: the same for whoever asks, so that any can be sent again.
 * @param secret as whom requests between nodes are sent; strangers guess
 */
export function frameOf(seed: number, protocol: Protocol, number: number, secret: string): Buffer {
  const dice = stream(seed, `${protocol} ${number}`);
  const isWrong =
    number % framesPerConnection >= firstWrong && (number % framesPerConnection > firstWrong || dice.int(2) === 0);
  if (isWrong && dice.int(8) === 0) return randomFrame(dice);
  const isOfNameServer = roleOf(seed, protocol, number) === 'name-server';
  const usual = isOfNameServer ? nameServerApis : protocol === 'client' ? clientApis : replicaApis;
  const chosen = dice.pick(dice.float() < strangeShare ? apis.nodes : usual);
  // What others need is deleted now and then, not as often as it is made.
  const api = chosen.name === 'DeleteTopics' && dice.int(20) > 0 ? dice.pick(usual) : chosen;
  const request = encoded(api, dice, protocol === 'nodes' && dice.int(10) > 0 ? secret : 'fuzz', number);
  return isWrong ? withLength(mutated(request.data, request.marks, dice), dice) : frame(request.data);
}

function encoded(api: Api<unknown, unknown>, dice: RandomStream, clientId: string, correlationId: number) {
  const version = api.min + dice.int(api.max - api.min + 1);
  const wire = { version, flexible: version >= api.flexibleFrom };
  const writer = new TracedWriter();
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(correlationId);
  nullableString.write(writer, clientId, { version: 0, flexible: false });
  if (wire.flexible) writer.uvarint(0);
  api.request.write(writer, madeUp(api.request, dice, { values: dice.pick([0, 0, 0.03, 0.3]) }), wire);
  return { data: writer.finish(), marks: writer.marks as readonly Mark[] };
}

function withLength(payload: Buffer, dice: RandomStream): Buffer {
  const framed = Buffer.alloc(4 + payload.length);
  const isWrong = dice.int(20) === 0;
  const wrong = () => dice.pick([-1, -(2 ** 31), 2 ** 31 - 1, 0, 3, payload.length + 9, payload.length - 1]);
  framed.writeInt32BE(isWrong ? wrong() : payload.length, 0);
  payload.copy(framed, 4);
  return framed;
}

function randomFrame(dice: RandomStream): Buffer {
  const data = randomBytes(dice, dice.pick([0, 1, 4, 8, 14, 60, 400]));
  return dice.int(4) === 0 ? data : withLength(data, dice);
}
