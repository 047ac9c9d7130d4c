/** A first profile, with its comments: it runs as it is, and says what to change. */
import { isRemote } from '../profile/remote.ts';
import type { Found, FoundNode } from './found.ts';

export function profileText(found: Found, file: string): string {
  const { product, address } = found;
  const [question, ...fault] =
    address === undefined ? startedFault() : found.nodes === undefined ? attachedFault() : containerFault();
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

function attachedCluster({ product, how, nodes, keys, compose }: Found, address: string): string[] {
  const host = address.slice(0, address.lastIndexOf(':'));
  const more = Object.entries(keys ?? product.starter?.keys?.(host) ?? {}).map(([key, value]) => `  ${key}: ${value}`);
  const addresses = (nodes ?? [{ address }]).map((node) => `'${node.address}'`).join(', ');
  return [
    'cluster:',
    `  broker: ${product.name}`,
    `  attach: [${addresses}] # ${how}; a topic and groups of its own are made there, and removed`,
    ...more,
    ...(isRemote(address) ? ['  allowRemote: true # it is not on this machine: is it yours to be loaded?'] : []),
    ...(nodes === undefined ? proposedControl(address) : containerControl(nodes, compose ?? '')),
  ];
}

function proposedControl(address: string): string[] {
  return [
    '  # To kill the broker itself, say which container it is in, or how else it is killed:',
    '  # control:',
    `  #   - { id: n1, address: '${address}', docker: NAME }`,
  ];
}

function containerControl(nodes: readonly FoundNode[], compose: string): string[] {
  return [
    '  control: # the containers that faults act on, by docker; each address as the broker gives it to its clients',
    ...nodes.map(
      ({ id, address, service }) =>
        `    - { id: ${id}, address: '${address}', compose: ${quoted(service)}, file: ${quoted(compose)} }`,
    ),
  ];
}

/** YAML would read some names as numbers or truth values. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
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

function containerFault(): string[] {
  return [
    'Does BROKER keep what it acknowledged when its container is killed while messages are in flight?',
    '  # docker kill of one container, as the seed has it, when 40 % of the messages are sent; started again after 3 s',
    '  - { at: 40%, do: kill, target: one, for: 3s }',
    '  # - { at: 60%, do: pause, target: one, for: 3s } # it stands still, and its connections stay open',
    '  # - { at: 80%, do: network-disconnect, target: one, for: 3s } # it runs on, and nobody reaches it',
  ];
}
