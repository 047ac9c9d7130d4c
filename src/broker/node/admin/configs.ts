import type { Configs } from '../../routes/routes.ts';
import { type Route, route } from '../../rpc/route.ts';
import type { RequestOf, ResponseOf } from '../../wire/api.ts';
import { alterConfigs, describeConfigs, incrementalAlterConfigs, resourceType } from '../../wire/apis/admin.ts';
import { configureTopics } from '../../wire/apis/routes.ts';
import { code } from '../../wire/codes.ts';
import { copiesOf, type NodeParts } from '../parts.ts';
import { changeTopics, done, namedTwice, type Refusal, repeated, unanswered } from './changes.ts';
import { refuseValue, topicConfigs } from './config-names.ts';

/** DescribeConfigs, AlterConfigs and IncrementalAlterConfigs: of topics; what a broker has are options of its start. */
export function configRoutes(parts: NodeParts): Route[] {
  return [
    route(describeConfigs, ({ resources }) => ({
      throttleTimeMs: 0,
      // Each once: the answer to a resource is a hundred times as long as the question.
      results: [...new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource])).values()].map(
        (resource) => ({ ...resource, ...describe(parts, resource) }),
      ),
    })),
    route(alterConfigs, async ({ resources, validateOnly }) => {
      const replacing = resources.map(({ configs, ...resource }) => ({ ...resource, edit: () => toConfigs(configs) }));
      return { throttleTimeMs: 0, responses: await alter(parts, replacing, validateOnly) };
    }),
    route(incrementalAlterConfigs, async ({ resources, validateOnly }) => {
      const editing = resources.map(({ configs, ...resource }) => ({
        ...resource,
        edit: (before: Configs) => edited(before, configs),
      }));
      return { throttleTimeMs: 0, responses: await alter(parts, editing, validateOnly) };
    }),
  ];
}

type Given = readonly { readonly name: string; readonly value: string | null }[];

/** INVALID_CONFIG for the first that Kafka does not know, that has no such value, or that this broker cannot carry out. */
export function refuseConfigs(parts: NodeParts, given: Given): Refusal | undefined {
  const { settings } = parts;
  for (const { name, value } of given) {
    const number = Number(value);
    const problem = refuseValue(name, value ?? '');
    if (problem !== undefined) return invalid(problem);
    if (name === 'max.message.bytes' && (number < 0 || number > settings.maxBatchBytes)) {
      return invalid(`max.message.bytes: 0 to ${settings.maxBatchBytes}, which is what this broker takes`);
    }
    if (name !== 'min.insync.replicas') continue;
    const most = settings.replication === 'sync' ? copiesOf(parts) : 1;
    if (number >= 1 && number <= most) continue;
    const why =
      settings.replication === 'sync' ? 'as many as have a copy' : 'with --replication async no slave is waited for';
    return invalid(`min.insync.replicas: 1 to ${most}, ${why}`);
  }
  return undefined;
}

const carriedOut = ['max.message.bytes', 'min.insync.replicas'];

/** Says on the terminal which configs of a topic are kept, but change nothing. */
export function tellUnused({ world }: NodeParts, topic: string, given: Given): void {
  const unused = given.filter(
    ({ name, value }) => !carriedOut.includes(name) && value !== topicConfigs[name]?.fallback,
  );
  if (unused.length === 0) return;
  const listed = unused.map(({ name, value }) => `${name}=${value}`).join(', ');
  world.notice(`topic ${topic}: kept but not carried out: ${listed}`);
}

type Described = Pick<ResponseOf<typeof describeConfigs>['results'][number], 'errorCode' | 'errorMessage' | 'configs'>;

/** Where a value comes from (DescribeConfigsResponse.ConfigSource). */
const source = { topic: 1, broker: 4, fallback: 5 } as const;

function describe(
  parts: NodeParts,
  { type, name, keys }: RequestOf<typeof describeConfigs>['resources'][number],
): Described {
  const refused = (errorCode: number, errorMessage: string | null) => ({ errorCode, errorMessage, configs: [] });
  const wanted = (one: string) => keys === null || keys.includes(one);
  if (type === resourceType.broker) {
    if (name !== '' && name !== String(parts.settings.id)) {
      return refused(code.INVALID_REQUEST, `this is node ${parts.settings.id}`);
    }
    const entries = name === '' ? [] : Object.entries(brokerConfigs(parts)).filter(([one]) => wanted(one));
    const configs = entries.map(([one, value]) => shown(one, value, source.broker, 2, true));
    return { ...done, configs };
  }
  if (type !== resourceType.topic) return refused(code.INVALID_REQUEST, 'only topics and brokers have configs here');
  const topic = parts.routing.topic(name);
  if (topic === undefined) return refused(code.UNKNOWN_TOPIC_OR_PARTITION, null);
  const configs = Object.entries(topicConfigs).flatMap(([one, { type: valueType, fallback }]) => {
    const given = topic.configs[one];
    const value = given ?? (fallback === '' ? ofNode(parts)[one] : fallback);
    if (value === undefined || !wanted(one)) return [];
    return [shown(one, value, given === undefined ? source.fallback : source.topic, valueType.number, false)];
  });
  return { ...done, configs };
}

function shown(name: string, value: string, from: number, valueType: number, readOnly: boolean) {
  const isDefault = from === source.fallback;
  const synonyms = [{ name, value, source: from }];
  return { name, value, readOnly, isDefault, source: from, sensitive: false, synonyms, valueType, documentation: null };
}

/** Configs of a topic that come from options of the node. */
function ofNode({ settings }: NodeParts): Configs {
  return {
    'max.message.bytes': String(settings.maxBatchBytes),
    'min.insync.replicas': String(settings.inSyncReplicas),
    'segment.bytes': String(settings.segmentBytes),
  };
}

function brokerConfigs(parts: NodeParts): Configs {
  const { settings } = parts;
  return {
    'auto.create.topics.enable': String(settings.autoCreate > 0),
    'broker.id': String(settings.id),
    'default.replication.factor': String(copiesOf(parts)),
    'group.initial.rebalance.delay.ms': String(settings.groupInitialDelayMs),
    'log.cleanup.policy': 'delete',
    'log.retention.bytes': '-1',
    'log.retention.ms': '-1',
    'log.segment.bytes': String(settings.segmentBytes),
    'message.max.bytes': String(settings.maxBatchBytes),
    'min.insync.replicas': String(settings.inSyncReplicas),
    'node.id': String(settings.id),
    'num.partitions': String(Math.max(1, settings.autoCreate)),
    'offsets.retention.minutes': '2147483647',
    'socket.request.max.bytes': String(settings.maxRequestBytes),
  };
}

interface Alteration {
  readonly type: number;
  readonly name: string;
  readonly edit: (before: Configs) => Configs | Refusal;
}

async function alter(parts: NodeParts, asked: readonly Alteration[], validateOnly: boolean) {
  const twice = repeated(asked.map(({ name }) => name));
  const judged = asked.map(({ type, name, edit }) => {
    const topic = parts.routing.topic(name);
    if (type !== resourceType.topic) return { type, name, refusal: notAltered };
    if (twice.has(name)) return { type, name, refusal: namedTwice };
    if (topic === undefined) return { type, name, refusal: unknownTopic(name) };
    const outcome = edit(topic.configs);
    if (isRefusal(outcome)) return { type, name, refusal: outcome };
    const configs = toList(outcome);
    return { type, name, configs, refusal: refuseConfigs(parts, configs) };
  });
  const wanted = judged.flatMap(({ name, configs, refusal }) =>
    configs === undefined || refusal !== undefined || validateOnly ? [] : [{ name, configs }],
  );
  const answers = await changeTopics(parts, configureTopics, wanted, alterTimeoutMs, (topics, timeoutMs) => ({
    ...{ topics, timeoutMs },
  }));
  for (const { name, configs } of wanted) tellUnused(parts, name, configs);
  return judged.map(({ type, name, refusal }) => {
    const answer = refusal ?? (validateOnly ? done : (answers.get(name) ?? unanswered));
    return { type, name, errorCode: answer.errorCode, errorMessage: answer.errorMessage };
  });
}

const alterTimeoutMs = 30_000;

/** The operations of IncrementalAlterConfigs, on lists with commas for the last two. */
function edited(
  before: Configs,
  operations: readonly { readonly name: string; readonly operation: number; readonly value: string | null }[],
): Configs | Refusal {
  const after = new Map(Object.entries(before));
  for (const { name, operation, value } of operations) {
    const items = (after.get(name) ?? topicConfigs[name]?.fallback ?? '').split(',').filter((item) => item !== '');
    const given = (value ?? '').split(',');
    if (operation === 0) after.set(name, value ?? '');
    else if (operation === 1) after.delete(name);
    else if (operation === 2) after.set(name, [...new Set([...items, ...given])].join(','));
    else if (operation === 3) after.set(name, items.filter((item) => !given.includes(item)).join(','));
    else return { errorCode: code.INVALID_REQUEST, errorMessage: `no operation ${operation}` };
  }
  return Object.fromEntries(after);
}

function toConfigs(given: Given): Configs {
  return Object.fromEntries(given.map(({ name, value }) => [name, value ?? '']));
}

function toList(configs: Configs): { readonly name: string; readonly value: string }[] {
  return Object.entries(configs).map(([name, value]) => ({ name, value }));
}

function isRefusal(outcome: Configs | Refusal): outcome is Refusal {
  return typeof outcome.errorCode === 'number';
}

function invalid(errorMessage: string): Refusal {
  return { errorCode: code.INVALID_CONFIG, errorMessage };
}

function unknownTopic(name: string): Refusal {
  return { errorCode: code.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `The topic '${name}' does not exist.` };
}

const notAltered: Refusal = {
  errorCode: code.INVALID_REQUEST,
  errorMessage: 'only configs of topics can be altered: those of a broker are options of its start',
};
