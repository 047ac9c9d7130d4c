// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a profile refers to a variable
import { expect, test } from 'vitest';
import { findingClasses } from '../../src/audit/class.ts';
import { faults as knownFaults } from '../../src/faults/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { attached, caught, errorsOf, load, small, written } from './written.ts';

const anyFault = knownFaults.map(({ name }) => `'${name}'`).join(' | ');
const faults = (...entries: string[]): string => small(`faults:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`);

/** What is written, and every line of the error. */
const cases: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'an empty file': ['', ['profile.yaml: the file is empty']],
  'only a comment': ['# nothing\n', ['profile.yaml: the file is empty']],
  'a list': ['- a\n', ['profile.yaml:1:1: expected a map of keys']],
  'broken YAML': ['version: 1\nname: [x\n', ['profile.yaml:2:7: not YAML: the [ that opens here is not closed']],
  'a bracket of another kind': [
    'a: { b: [1, 2 }\nc: d\n',
    ['profile.yaml:1:9: not YAML: the [ that opens here is not closed'],
  ],
  'a quote that is not closed': [
    small('producers: { messages: 10 }\n').replace('question: ', 'question: "'),
    ['profile.yaml:3:11: not YAML: the quote that opens here is not closed on its line'],
  ],
  'a quote that takes the next one for its end': [
    'version: 1\ncluster:\n  broker: "kafka\n  home: "/opt"\n',
    ['profile.yaml:3:11: not YAML: the quote that opens here is not closed on its line'],
  ],
  'a slip before a quote that is not closed': [
    'version: @1\nname: "x\nquestion: y\n',
    [
      'profile.yaml:1:10: not YAML: Plain value cannot start with reserved character @ (a text that begins so needs quotes)',
      'profile.yaml:2:7: not YAML: the quote that opens here is not closed on its line',
    ],
  ],
  'a quote inside of quotes': [
    "version: 1\nquestion: 'Isn't it?'\n",
    ["profile.yaml:2:16: not YAML: Unexpected scalar at node end (inside of ' a quote is written twice: '')"],
  ],
  'a text in quotes on two lines is none of these': [
    'version: 1\nname: "x\n  y"\nquestion: It is: so?\n',
    [
      'profile.yaml:4:11: not YAML: Nested mappings are not allowed in compact mappings (a text with a colon and a space in it needs quotes: "…")',
    ],
  ],
  'variables inside of brackets': [
    small('producers: {\n  messages: ${N},\n  rate: max,\n  count: ${C:-2}\n}\ntopic: { partitions: 2 }\n'),
    [
      'profile.yaml:6:13: inside of [ ] and { } a variable needs quotes: "${N}"',
      'profile.yaml:8:10: inside of [ ] and { } a variable needs quotes: "${C:-2}"',
    ],
  ],
  'what things are called elsewhere': [
    small(
      'producers: { send: synchronous, acks: 1, throughput: 5/s }\nconsumers: { effect: sqlite }\nfaults:\n  - { at: 1%, do: crash, target: leader of partition 0 }\n  - { at: 1%, do: kill, target: primary }\nexpect: { duplicates: 0, harm: [loss] }\n',
      '{ broker: bundled, flush: asynchronous, masters: 2 }',
    ),
    [
      "profile.yaml:4:36 cluster.flush: expected 'async' | 'sync', got 'asynchronous'; did you mean 'async'?",
      "profile.yaml:5:20 producers.send: expected 'sync' | 'async' | 'oneway', got 'synchronous'; did you mean 'sync'?",
      "profile.yaml:5:39 producers.acks: expected 'all' | 'one', got 1; did you mean 'one'?",
      "profile.yaml:5:42 producers.throughput: unknown key; did you mean 'rate'?",
      "profile.yaml:6:22 consumers.effect: expected a map of keys, got 'sqlite'; did you mean { store: sqlite }?",
      `profile.yaml:8:19 faults[0].do: expected ${anyFault}, got 'crash'; did you mean 'kill'?`,
      "profile.yaml:8:34 faults[0].target: 'leader of partition 0' is no target; did you mean 'leader of 0'?",
      "profile.yaml:9:33 faults[1].target: no 'primary' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2; did you mean 'master'?",
      "profile.yaml:10:11 expect.duplicates: unknown key; did you mean 'duplicate-stored', 'duplicate-delivered' or 'duplicate-effect'?",
      `profile.yaml:10:33 expect.harm[0]: expected ${findingClasses.map((name) => `'${name}'`).join(' | ')}, got 'loss'; did you mean 'lost'?`,
    ],
  ],
  'a store by another name': [
    small('consumers: { effect: { store: mysql, url: "${X}" } }\n'),
    [
      "profile.yaml:5:31 consumers.effect.store: expected 'sqlite' | 'postgres' | 'mariadb' | 'redis', got 'mysql'; did you mean 'mariadb'?",
    ],
  ],
  'a broker by its name alone': [
    small('', 'kafka'),
    ["profile.yaml:4:10 cluster: expected a map of keys, got 'kafka'; did you mean { broker: kafka }?"],
  ],
  'targets beside mistakes that say nothing of them': [
    small(
      'producers: { messages: lots }\nfaults:\n  - { at: 1%, do: kill, target: b9 }\n  - { at: 1%, do: kil, target: leader of 8, fro: 3s }\n',
      '{ broker: bundled, masters: 2, failover: cleen }',
    ),
    [
      "profile.yaml:4:51 cluster.failover: expected 'none' | 'in-sync' | 'unclean', got 'cleen'",
      "profile.yaml:5:24 producers.messages: expected a whole number from 1 to 100000000, got 'lots'",
      "profile.yaml:7:33 faults[0].target: no 'b9' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2",
      `profile.yaml:8:19 faults[1].do: expected ${anyFault}, got 'kil'; did you mean 'kill'?`,
      'profile.yaml:8:32 faults[1].target: no partition 8: the topic has 8, 0 to 7',
    ],
  ],
  'targets beside mistakes that they depend on': [
    small(
      'topic: { partitions: few }\nconsumers: { count: 0, effect: { store: sqlit } }\nfaults: [{ at: 1%, do: kill, target: c3 }]\n',
      '{ broker: bundled, mastres: 2 }',
    ),
    [
      "profile.yaml:4:29 cluster.mastres: unknown key; did you mean 'masters'?",
      "profile.yaml:5:22 topic.partitions: expected a whole number from 1 to 1024, got 'few'",
      'profile.yaml:6:21 consumers.count: expected a whole number from 1 to 64, got 0',
      "profile.yaml:6:41 consumers.effect.store: expected 'sqlite' | 'postgres' | 'mariadb' | 'redis', got 'sqlit'; did you mean 'sqlite'?",
    ],
  ],
  'a store, a leader and a node that may be there': [
    small(
      'topic: { partitions: few }\nconsumers: { effect: { store: sqlit } }\nfaults:\n  - { at: 1%, do: kill, target: store }\n  - { at: 1%, do: kill, target: leader of 9 }\n  - { at: 1%, do: kill, target: proxy }\n  - { at: 1%, do: kill, target: b7 }\n',
      '{ broker: rocketmq, masters: 2, client: remotting }',
    ),
    [
      "profile.yaml:4:50 cluster.client: expected 'remoting' | 'rocketmq-client-nodejs', got 'remotting'; did you mean 'remoting'?",
      "profile.yaml:5:22 topic.partitions: expected a whole number from 1 to 1024, got 'few'",
      "profile.yaml:6:31 consumers.effect.store: expected 'sqlite' | 'postgres' | 'mariadb' | 'redis', got 'sqlit'; did you mean 'sqlite'?",
      "profile.yaml:11:33 faults[3].target: no 'b7' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2",
    ],
  ],
  'a variable that is not set, and other mistakes': [
    small('producers:\n  messages: ${MQCHAOS_TEST_UNSET}\n  sned: sync\n'),
    [
      'profile.yaml:6:13 producers.messages: environment variable MQCHAOS_TEST_UNSET is not set',
      "profile.yaml:7:3 producers.sned: unknown key; did you mean 'send'?",
    ],
  ],
  'a bound without quotes': [
    'version: 1\nexpect:\n  acked: >=95%\n',
    [
      'profile.yaml:3:11: not YAML: Block scalar header includes extra characters: >=95% (a text that begins with > needs quotes)',
    ],
  ],
  'duplicate keys': ['version: 1\nname: x\nname: y\n', ['profile.yaml:3:1: duplicate key: a key may be given once']],
  'no version': ['name: x\n', ['profile.yaml:1:1 version: missing; expected 1']],
  'another version': [
    'version: 2\nnothing: else is judged\n',
    ['profile.yaml:1:10 version: this is a profile of version 2; this mqchaos reads version 1'],
  ],
  'missing keys': [
    'version: 1\nnam: x\n',
    [
      'profile.yaml:1:1 name: missing; expected a name of lower-case letters, digits and dashes, such as kill-master',
      'profile.yaml:1:1 question: missing; expected one sentence that ends with a question mark',
      'profile.yaml:1:1 cluster: missing; expected a map of keys',
      "profile.yaml:2:1 nam: unknown key; did you mean 'name'?",
    ],
  ],
  'values of the wrong kind, all at once': [
    small(
      'producers:\n  send: asinc\n  rate: 2000\n  payload: 256\n  messages: "3"\n  retries: -1\nconsumers: 3\nlimit: 0s\n',
    ),
    [
      "profile.yaml:6:9 producers.send: expected 'sync' | 'async' | 'oneway', got 'asinc'; did you mean 'async'?",
      "profile.yaml:7:9 producers.rate: expected a rate such as 2000/s, or 'max', got 2000",
      'profile.yaml:8:12 producers.payload: expected a size from 64B to 1024KiB, such as 256B or 4KiB, got 256',
      "profile.yaml:9:13 producers.messages: expected a whole number from 1 to 100000000, got '3'",
      'profile.yaml:10:12 producers.retries: expected a whole number from 0 to 1000, got -1',
      'profile.yaml:11:12 consumers: expected a map of keys, got 3',
      "profile.yaml:12:8 limit: expected a duration from 1s to 24h, such as 3s, 100ms or 5m, got '0s'",
    ],
  ],
  'a value that is not there': [
    small('limit:\n'),
    ['profile.yaml:5:7 limit: expected a duration from 1s to 24h, such as 3s, 100ms or 5m, got nothing'],
  ],
  'an unknown broker': [
    small('', '{ broker: kafak }'),
    [
      "profile.yaml:4:20 cluster.broker: expected 'bundled' | 'kafka' | 'rocketmq' | 'rabbitmq' | 'nats' | 'redis', got 'kafak'; did you mean 'kafka'?",
    ],
  ],
  'keys to come, and a mistake beside them': [
    small('faults: [{ at: 1%, do: kill, target: b3 }]\n', '{ broker: bundled, masters: 2, slaves: 1, topic: {} }'),
    [
      "profile.yaml:4:52 cluster.topic: unknown key; 'topic' is a section of its own, beside 'cluster'",
      "profile.yaml:5:38 faults[0].target: no 'b3' here: the nodes are ns, b1, b2, b1s1, b2s1; the workers are p1, p2 and c1, c2",
    ],
  ],
  'a payload that the broker will refuse': [
    small('producers: { payload: 1MiB }\n', '{ broker: kafka }'),
    [
      'profile.yaml:5:23 producers.payload: Apache Kafka takes 1048514B at most (message.max.bytes 1048588, with what stands around a value); set it to 1023KiB or less',
    ],
  ],
  'a payload whose copies the broker will refuse': [
    small('producers: { payload: 1048500B }\nconsumers: { redelivery: {} }\n', '{ broker: kafka }'),
    [
      'profile.yaml:5:23 producers.payload: Apache Kafka takes 1048446B at most in retry topics too, where a copy is longer (message.max.bytes 1048588, with what stands around a value); set it to 1023KiB or less',
    ],
  ],
  'settings of the bundled broker that do not go together': [
    small(
      '',
      '{ broker: bundled, flush: sync, flushInterval: 1s, replication: sync, failover: in-sync, defects: [phantom, phantom] }',
    ),
    [
      "profile.yaml:4:42 cluster.flushInterval: goes with 'flush: async' only; with 'flush: sync' leave it out",
      "profile.yaml:4:74 cluster.replication: 'sync' needs a slave to have it; set slaves to 1 or more",
      "profile.yaml:4:90 cluster.failover: 'in-sync' needs a slave to take over; set slaves to 1 or more",
      "profile.yaml:4:99 cluster.defects: 'phantom' is there twice",
    ],
  ],
  'replication that could not keep its promise': [
    small('', '{ broker: bundled, slaves: 1, failover: in-sync, inSyncReplicas: 3, defects: [ack-before-flush] }'),
    [
      "profile.yaml:4:50 cluster.failover: 'in-sync' needs 'replication: sync': else no slave is sure to have all that was acknowledged; set replication to sync, or failover to unclean",
      'profile.yaml:4:75 cluster.inSyncReplicas: at most the master and its slaves, which is 2 copies here; set slaves to 2',
      "profile.yaml:4:78 cluster.defects: 'ack-before-flush' does nothing with 'flush: async'; set flush to sync",
    ],
  ],
  'flush intervals the wrong way round, copies of nothing, a defect of nobody': [
    small(
      '',
      '{ broker: bundled, slaves: 1, thoroughFlushInterval: 100ms, inSyncReplicas: 2, defects: [ack-befor-flush] }',
    ),
    [
      "profile.yaml:4:99 cluster.defects[0]: expected 'ack-before-append' | 'ack-before-flush' | 'ack-before-replication' | 'drop-acked' | 'store-twice' | 'reorder' | 'corrupt' | 'forget-offsets' | 'phantom' | 'skip-on-recovery', got 'ack-befor-flush'; did you mean 'ack-before-flush'?",
    ],
  ],
  'what faults take beside do': [
    faults(
      '{ at: 1%, do: kill, target: b1, torn: true }',
      '{ at: 1%, do: power-loss, target: b1, torn: yes }',
      '{ at: 1%, do: disk-slow, target: b1, delay: 2m }',
      '{ at: 1%, do: disk-fail, target: b1, on: [writ] }',
      '{ at: 1%, do: disk-full, target: b1, on: [] }',
    ),
    [
      'profile.yaml:6:37 faults[0].torn: unknown key; it goes with power-loss',
      "profile.yaml:7:49 faults[1].torn: expected true or false, got 'yes'",
      "profile.yaml:8:49 faults[2].delay: expected a duration from 1ms to 1m, such as 3s, 100ms or 5m, got '2m'",
      "profile.yaml:9:47 faults[3].on[0]: expected 'read' | 'write' | 'sync', got 'writ'; did you mean 'write'?",
      "profile.yaml:10:42 faults[4].on: expected a list of 'read', 'write' and 'sync'",
    ],
  ],
  'whom a fault cannot be done to': [
    faults(
      '{ at: 1%, do: disk-loss, target: ns, for: 1s }',
      '{ at: 1%, do: power-loss, target: p1, for: 1s }',
      '{ at: 1%, do: promote, target: b2 }',
      '{ at: 1%, do: kill, target: [b1, b3] }',
      '{ at: 1%, do: disk-slow, target: any, for: 1s }',
    ),
    [
      'profile.yaml:6:38 faults[0].target: disk-loss is done to brokers, which are b1, b2; ns holds no messages',
      'profile.yaml:7:39 faults[1].target: power-loss is done to brokers; p1 is none',
      'profile.yaml:8:36 faults[2].target: promote needs a set with a slave; set cluster.slaves to 1 or more',
      "profile.yaml:9:25 faults[3].target: no 'b3' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2",
      'profile.yaml:10:38 faults[4].target: disk-slow is done to brokers, which are b1, b2; ns holds no messages',
    ],
  ],
  'a disk of an attached node': [
    attached(
      ['attach: [localhost:9092]', 'control: [{ id: k1, address: "localhost:9092", start: a, kill: b }]'],
      'faults: [{ at: 1%, do: power-loss, target: k1 }]\n',
    ),
    [
      "profile.yaml:8:24 faults[0].do: power-loss needs brokers of the run's own: no key of cluster.control gives a way to do it",
    ],
  ],
  'what a fault is': [
    faults(
      '{ at: 40%, do: kil, target: b1 }',
      '{ at: 101%, do: kill, target: [1] }',
      '{ after: 3, do: kill, target: b1, times: 3 }',
      '{ at: 3s, do: sunstorm, target: b1 }',
      '{ at: 3s, every: 3s, do: kill, target: b1 }',
      '{ do: kill, target: b1 }',
      '{ at: 3s, times: 2, do: kill, target: b1, fro: 2s }',
    ),
    [
      `profile.yaml:6:20 faults[0].do: expected ${anyFault}, got 'kil'; did you mean 'kill'?`,
      "profile.yaml:7:11 faults[1].at: expected a percentage such as 40%, or a duration such as 5s, got '101%'",
      'profile.yaml:7:36 faults[1].target[0]: expected a target such as b1, one, master, leader of 3, p1 or [b1, b1s1], got 1',
      'profile.yaml:8:14 faults[2].after: expected a count such as 5000 acked, got 3',
      `profile.yaml:9:19 faults[3].do: expected ${anyFault}, got 'sunstorm'`,
      'profile.yaml:10:5 faults[4]: expected exactly one of at, after and every',
      'profile.yaml:11:5 faults[5]: expected exactly one of at, after and every',
      'profile.yaml:12:22 faults[6].times: `times` goes with `every` only',
      "profile.yaml:12:47 faults[6].fro: unknown key; did you mean 'for'?",
    ],
  ],
  'whom a fault hits': [
    faults(
      '{ at: 1%, do: kill, target: b3 }',
      '{ at: 1%, do: kill, target: leader of 8 }',
      '{ at: 1%, do: kill, target: { leader: 9 } }',
      '{ at: 1%, do: kill, target: minority }',
      '{ at: 1%, do: kill, target: producrs }',
      '{ at: 1%, do: kill, target: c1.3 }',
      '{ at: 1%, do: kill, target: slave }',
    ),
    [
      "profile.yaml:6:33 faults[0].target: no 'b3' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2",
      'profile.yaml:7:33 faults[1].target: no partition 8: the topic has 8, 0 to 7',
      'profile.yaml:8:25 faults[2].target: no partition 9: the topic has 8, 0 to 7',
      'profile.yaml:9:33 faults[3].target: a minority of 2 nodes is none; it takes 3',
      "profile.yaml:10:33 faults[4].target: no 'producrs' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2; did you mean 'producers'?",
      "profile.yaml:11:33 faults[5].target: no 'c1.3' here: the nodes are ns, b1, b2; the workers are p1, p2 and c1, c2",
      'profile.yaml:12:33 faults[6].target: there are no slaves here; set cluster.slaves to 1 or more',
    ],
  ],
  'faults that can never be': [
    faults(
      '{ at: 1%, do: restart, target: b1, for: 2s }',
      '{ every: 3s..8s, do: kill, target: p1, for: 3s }',
      '{ every: 3s..8s, do: kill, target: p1 }',
      '{ at: 10m, do: kill, target: b1 }',
      '{ after: 20001 acked, do: kill, target: b1 }',
      '{ every: 3m..4m, times: 2, do: kill, target: b1, for: 1s }',
      '{ every: 100ms, do: pause, target: b1, for: 1ms }',
    ),
    [
      "profile.yaml:6:40 faults[0].for: restart heals itself, so it takes no 'for'",
      "profile.yaml:7:49 faults[1].for: must be shorter than the shortest interval of 'every' (3s), or it meets itself",
      "profile.yaml:8:5 faults[2]: 'every' needs 'for': a fault must be healed before it comes again",
      'profile.yaml:9:11 faults[3].at: never comes: the limit of the run is 5m',
      'profile.yaml:10:14 faults[4].after: never comes: all that is sent is 20000 messages',
      'profile.yaml:11:14 faults[5].every: does not fit: the limit of the run is 5m',
      "profile.yaml:12:14 faults[6].every: more than 1000 times within the limit of 5m; give 'times'",
    ],
  ],
  'send modes and what does not go with them': [
    small('producers: { send: sync, window: 3 }\n'),
    ["profile.yaml:5:26 producers.window: goes with 'send: async' only; with 'send: sync' leave it out"],
  ],
  oneway: [
    small(
      'producers: { send: oneway, idempotent: true, acks: all, retries: 2 }\nexpect: { acked: ">=1%", recovery: <3s }\nfaults: [{ after: 5 acked, do: kill, target: b1 }]\n',
    ),
    [
      "profile.yaml:5:40 producers.idempotent: not with 'send: oneway': without acknowledgements nothing is sent twice",
      "profile.yaml:5:46 producers.acks: not with 'send: oneway', which asks for no acknowledgement",
      "profile.yaml:5:66 producers.retries: not with 'send: oneway', which never learns of a failure; leave it out or set 0",
      "profile.yaml:6:11 expect.acked: not with 'send: oneway': nothing is acknowledged",
      "profile.yaml:6:26 expect.recovery: not with 'send: oneway': nothing is acknowledged",
      "profile.yaml:7:19 faults[0].after: not with 'send: oneway': nothing is acknowledged",
    ],
  ],
  expectations: [
    small('expect:\n  losd: 0\n  lost: -1\n  recovery: 10s\n  acked: 95%\n  over-retried: 0\n  unprocessed: 0\n'),
    [
      "profile.yaml:6:3 expect.losd: unknown key; did you mean 'lost'?",
      "profile.yaml:7:9 expect.lost: expected a whole number from 0, or 'any', got -1",
      "profile.yaml:8:13 expect.recovery: expected a bound such as <10s, got '10s'",
      `profile.yaml:9:10 expect.acked: expected a least percentage in quotes, such as ">=95%", got '95%'`,
    ],
  ],
  'harm with a limit': [
    small('expect: { lost: 0, harm: [lost, lost] }\n'),
    [
      "profile.yaml:5:11 expect.lost: a class under 'harm' is to be found, so it takes no limit",
      "profile.yaml:5:33 expect.harm[1]: 'lost' is there twice",
    ],
  ],
  'a limit that is too short': [
    small('producers: { messages: 600000 }\nlimit: 2m\n'),
    [
      'profile.yaml:6:8 limit: 600000 messages at 2000/s take 300s of sending alone, and the limit of the run is 2m; change one of the three',
    ],
  ],
  'consumers that are not there yet': [
    small('consumers: { start: after faults }\nfaults: [{ at: 1%, do: kill, target: consumers, for: 1s }]\n'),
    [
      "profile.yaml:6:38 faults[0].target: consumers start after the faults: aim at something else, or set consumers.start to 'at once'",
    ],
  ],
  'no faults to start after': [
    small('consumers: { start: after faults }\n'),
    ["profile.yaml:5:21 consumers.start: 'after faults' needs faults; there are none"],
  ],
  'copies of the bundled broker': [
    small('topic: { replication: 3 }\n'),
    ['profile.yaml:5:10 topic.replication: copies of the bundled broker are cluster.slaves; leave it out'],
  ],
  'more copies than nodes': [
    small('topic: { replication: 3 }\n', '{ broker: kafka, nodes: 2 }'),
    [
      'profile.yaml:5:23 topic.replication: each copy needs a node of its own, and there are 2; set cluster.nodes to 3 or more, or this to 2 at most',
    ],
  ],
  'an attached cluster without a way to its nodes': [
    attached(
      ['attach: [localhost:9092]'],
      'faults:\n  - { at: 1%, do: kill, target: n1 }\n  - { at: 1%, do: kill, target: leader of 1 }\n',
    ),
    [
      "profile.yaml:8:33 faults[0].target: 'n1' is a node of an attached cluster: say under cluster.control how to reach its process",
      'profile.yaml:9:33 faults[1].target: the leader is a node of an attached cluster: say under cluster.control how to reach its process',
    ],
  ],
  'an attached node without what a fault needs': [
    attached(
      ['attach: [localhost:9092]', 'control: [{ id: n1, address: localhost:9092, kill: kill-it }]'],
      'faults:\n  - { at: 1%, do: kill, target: n1 }\n  - { at: 1%, do: pause, target: one }\n  - { at: 1%, do: stop, target: n1 }\n  - { at: 1%, do: kill, target: master }\n',
    ),
    [
      'profile.yaml:9:33 faults[0].target: kill of n1 needs cluster.control[0].start',
      'profile.yaml:10:34 faults[1].target: pause of n1 needs cluster.control[0].pidFile',
      'profile.yaml:11:33 faults[2].target: stop of n1 needs cluster.control[0].pidFile or stop',
      "profile.yaml:12:33 faults[3].target: an attached cluster has no masters; name a node, or use 'one' or 'leader of 0'",
    ],
  ],
  'what cannot be done to a container or a pod, with the reason': [
    attached(
      [
        'attach: [localhost:9092]',
        'control: [{ id: n1, address: localhost:9092, docker: one }, { id: n2, address: localhost:9093, kubectl: two-0 }]',
      ],
      'faults:\n  - { at: 1%, do: power-loss, torn: true, target: n1 }\n  - { at: 1%, do: disk-fail, target: n1 }\n' +
        '  - { at: 1%, do: disk-loss, target: n1 }\n  - { at: 1%, do: promote, target: n2 }\n' +
        '  - { at: 1%, do: network-disconnect, target: n2 }\n  - { at: 1%, do: network-disconnect, target: n1 }\n',
    ),
    [
      'profile.yaml:9:19 faults[0].do: power-loss of n1 needs a disk that forgets what was not synced: a container that is killed keeps all that the page cache of its host has, so a kill would pass for a power cut',
      "profile.yaml:10:19 faults[1].do: disk-fail of n1 needs a disk that fails on order: the disk of a container is its host's",
      'profile.yaml:11:19 faults[2].do: disk-loss of n1 would remove the volumes of a container for good: nothing could bring them back',
      'profile.yaml:12:19 faults[3].do: promote of n2 is an order to the broker itself, which nothing gives to a container from outside',
      'profile.yaml:13:19 faults[4].do: network-disconnect of n2 cannot be done by kubectl, which has no command for it',
    ],
  ],
  'ways to a node that do not go together': [
    attached([
      'attach: [localhost:9092]',
      'control: [{ id: n1, address: localhost:1, docker: a, kubectl: b, start: c, project: d }, { id: n2, address: localhost:2, docker: "-x" }]',
    ]),
    ["profile.yaml:7:132 cluster.control[1].docker: expected the name or id of a container, got '-x'"],
  ],
  'keys that belong to another way': [
    attached([
      'attach: [localhost:9092]',
      'control: [{ id: n1, address: localhost:1, docker: a, kubectl: b, start: c, project: d }]',
    ]),
    [
      "profile.yaml:7:56 cluster.control[0].kubectl: 'docker' says how to do all of it; leave out one of them",
      "profile.yaml:7:68 cluster.control[0].start: 'docker' says how to do all of it; leave out one of them",
      "profile.yaml:7:78 cluster.control[0].project: goes with 'compose' only; leave it out",
    ],
  ],
  'names that are taken': [
    attached([
      'attach: [localhost:9092]',
      'control: [{ id: p1, address: localhost:1 }, { id: n1, address: localhost:2 }, { id: n1, address: localhost:3 }]',
    ]),
    [
      "profile.yaml:7:19 cluster.control[0].id: 'p1' is taken; give the node another name",
      "profile.yaml:7:87 cluster.control[2].id: 'n1' is taken; give the node another name",
    ],
  ],
  'other machines': [
    attached([
      'attach: [localhost:1, "127.0.0.1:2", "[::1]:3", "kafka.example.com:9092,10.0.0.1:9092", localhost.evil:1]',
    ]),
    ['kafka.example.com:9092', '10.0.0.1:9092', 'localhost.evil:1'].map(
      (address) =>
        `profile.yaml:6:3 cluster.attach: ${address} is not this machine; if that cluster is yours to break, set cluster.allowRemote or --allow-remote`,
    ),
  ],
  'addresses that are none': [
    attached(['attach: [localhost]']),
    ['profile.yaml:6:3 cluster.attach: expected addresses host:port, such as [localhost:9092]'],
  ],
  'an alias that contains itself': ['version: 1\nname: &a [*a]\n', ['profile.yaml:2:11: alias *a contains itself']],
};

test.each(Object.entries(cases))('%s', (_, [text, lines]) => {
  expect(errorsOf(text)).toEqual(lines);
});

test('every profile error is a usage error with a hint', () => {
  const error = caught(() => load(small('limt: 3s\n')));
  expect(error).toMatchObject({ code: 'profile', exitCode: 2 });
  expect(error.hint).toContain('docs/profile.md');
});

test('a name that is no profile', () => {
  const error = caught(() => loadProfile('quikc'));
  expect(error.message).toBe(
    "no profile 'quikc': no such file and no bundled profile of that name; did you mean 'quick'?",
  );
  expect(error).toMatchObject({ exitCode: 2, code: 'no-profile' });
});

test('a path that is no file', () => {
  const folder = written({});
  expect(caught(() => loadProfile(`${folder}/x.yaml`)).message).toBe(`${folder}/x.yaml: no such file`);
  expect(caught(() => loadProfile(folder)).message).toBe(`${folder}: is a folder`);
});

test('many aliases do not become a huge tree', () => {
  const rows = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  expect(errorsOf(`a0: &a0 x\n${rows.join('\n')}\n`)[0]).toMatch(/more than 20000 values$/);
});
