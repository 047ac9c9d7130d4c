/** A first profile, with its comments: it runs as it is, and says what to change. */
import { isRemote } from '../profile/remote.ts';
import type { Found } from './found.ts';

export function profileText(found: Found, file: string): string {
  const { product, address } = found;
  const [question, ...fault] = address === undefined ? startedFault() : attachedFault();
  return `${[
    '# A profile of mqchaos: what is sent and received, what goes wrong meanwhile, and what must be true all the same.',
    '#',
    `#   npx mqchaos plan ${file}     check it, and see what it would do; starts nothing`,
    `#   npx mqchaos run ${file}      carry it out`,
    '#',
    '# Every key is in docs/profile.md of mqchaos.',
    'version: 1',
    'name: first-profile',
    `question: ${question?.replace('BROKER', product.title)}`,
    '',
    ...(address === undefined ? startedCluster(found) : attachedCluster(found, address)),
    '',
    'producers:',
    '  count: 2 # processes, p1 and p2',
    '  messages: 10000',
    '  rate: 1000/s # both together: 10 s of sending',
    '  retries: 3 # up to 4 attempts a message; with 0 more of them end without an answer',
    '',
    'consumers:',
    '  count: 2 # processes, c1 and c2, in one group',
    '',
    'faults:',
    ...fault,
    '',
    'expect:',
    '  lost: 0 # acknowledged, and nobody ever got it',
    '  rolled-back: 0 # acknowledged and received, and gone from the log',
    '  skipped: 0 # stored, and passed over by the group',
    '  # duplicate-delivered: 0 # most brokers deliver at least once: a repeat is no mistake unless you say so here',
    '',
    'limit: 5m # of the whole run; beyond it the run is inconclusive',
  ].join('\n')}\n`;
}

function startedCluster({ product }: Found): string[] {
  return [
    'cluster:',
    `  broker: ${product.name} # started for this run on ports of its own, and gone after it`,
    '  # other keys of it: see its page in docs/',
  ];
}

function attachedCluster({ product, how }: Found, address: string): string[] {
  const host = address.slice(0, address.lastIndexOf(':'));
  const more = Object.entries(product.starter?.keys?.(host) ?? {}).map(([key, value]) => `  ${key}: ${value}`);
  return [
    'cluster:',
    `  broker: ${product.name}`,
    `  attach: ['${address}'] # ${how}; a topic and groups of its own are made there, and removed`,
    ...more,
    ...(isRemote(address) ? ['  allowRemote: true # it is not on this machine: is it yours to be loaded?'] : []),
    '  # To kill the broker itself, say how:',
    '  # control:',
    `  #   - { id: n1, address: '${address}', kill: docker kill NAME, start: docker start NAME }`,
  ];
}

function startedFault(): string[] {
  return [
    'Does BROKER keep what it acknowledged when a node is killed while messages are in flight?',
    '  # kill -9 of one node, as the seed has it, when 40 % of the messages are sent; started again after 3 s',
    '  - { at: 40%, do: kill, target: one, for: 3s }',
  ];
}

function attachedFault(): string[] {
  return [
    'Does every message that BROKER acknowledged arrive when a consumer is killed on the way?',
    '  # kill -9 of one consumer, as the seed has it, when 40 % of the messages are sent; started again after 3 s',
    '  - { at: 40%, do: kill, target: consumer, for: 3s }',
    '  # - { at: 70%, do: kill, target: n1, for: 5s } # the broker, once there is a control for it',
  ];
}
