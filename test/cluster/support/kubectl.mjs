#!/usr/bin/env node
// Stands in for kubectl and a cluster of one StatefulSet or ReplicaSet: answers as kubectl 1.32 does, from a state in a
// file (STAND_IN). It takes the arguments that are used here and no others. What it is told to execute in a pod is
// executed for real, in the pid namespace of the process that stands for the pod.
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const file = process.env.STAND_IN;
const state = JSON.parse(readFileSync(file, 'utf8'));
const args = process.argv.slice(2);
appendFileSync(`${file}.log`, `${args.join(' ')}\n`);
const options = {};
while (/^--(context|namespace)=/.test(args[0] ?? '')) {
  const [, key, value] = /^--(\w+)=(.*)$/.exec(args.shift());
  options[key] = value;
}

function fail(text, code = 1) {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

if (state.fails !== undefined) fail(state.fails);
if (options.context !== undefined && options.context !== state.context) {
  fail(`error: context "${options.context}" does not exist`);
}
if ((options.namespace ?? 'default') !== state.namespace) state.pods = [];

/** A deleted pod is gone after its grace period at the latest; its owner makes another at once. */
for (const pod of state.pods) {
  if (pod.goneAt === undefined || Date.now() < pod.goneAt) continue;
  state.pods = state.pods.filter((each) => each !== pod);
  if (state.owner === undefined) continue;
  const name = state.owner === 'StatefulSet' ? pod.name : `kafka-${state.next}`;
  state.pods.push({ name, uid: `uid-${state.next}`, readyAt: Date.now() + 300, restartPid: pod.pid, pid: pod.pid });
  state.next += 1;
}
writeFileSync(file, JSON.stringify(state));

const [verb, ...rest] = args;
if (verb === 'get' && rest[0] === 'pods' && rest[2] === '--output=json' && rest.length === 3) {
  const named = /^--field-selector=metadata\.name=(.+)$/.exec(rest[1])?.[1];
  const selector = /^--selector=(.+)$/.exec(rest[1])?.[1];
  if (named === undefined && selector === undefined) fail(`error: unknown flag: ${rest[1]}`);
  const found = state.pods.filter(({ name }) => (named === undefined ? selector === state.selector : name === named));
  const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: found.map(podOf) };
  process.stdout.write(`${JSON.stringify(list, undefined, 4)}\n`);
} else if (verb === 'delete' && rest[0] === 'pod' && rest[2] === '--wait=false') {
  const pod = state.pods.find(({ name }) => name === rest[1]);
  if (pod === undefined) fail(`Error from server (NotFound): pods "${rest[1]}" not found`);
  const grace = Number(/^--grace-period=(\d+)$/.exec(rest[3] ?? '--grace-period=2')?.[1]);
  if (!(grace > 0)) fail(`error: unknown flag: ${rest[3]}`);
  pod.goneAt = Date.now() + Math.min(grace, 2) * 300;
  writeFileSync(file, JSON.stringify(state));
  process.stdout.write(`pod "${rest[1]}" deleted\n`);
} else if (verb === 'exec') {
  const [name, ...more] = rest;
  if (more[0]?.startsWith('--container=')) more.shift();
  const pod = state.pods.find((each) => each.name === name);
  if (pod === undefined) fail(`Error from server (NotFound): pods "${name}" not found`);
  if (more[0] !== '--' || more[1] !== 'sh' || more[2] !== '-c' || more.length !== 4)
    fail('error: unexpected arguments');
  if (pod.pid === undefined)
    fail('OCI runtime exec failed: exec failed: "sh": executable file not found in $PATH: unknown', 126);
  const inside = ['--target', String(pod.pid), '--pid', '--mount', 'sh', '-c', more[3]];
  const { status, stdout, stderr } = spawnSync('nsenter', inside, { encoding: 'utf8' });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exit(status ?? 1);
} else if (verb === 'version' && rest.join(' ') === '--output=json --request-timeout=5s') {
  const version = (gitVersion) => ({ major: '1', minor: '32', gitVersion });
  process.stdout.write(JSON.stringify({ clientVersion: version('v1.32.4'), serverVersion: version('v1.31.1') }));
} else {
  fail(`error: unknown command "${args.join(' ')}" for "kubectl"`);
}

function podOf({ name, uid, readyAt, goneAt }) {
  const ready = (readyAt ?? 0) <= Date.now();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, uid, namespace: state.namespace, creationTimestamp: '2026-11-29T11:00:00Z' },
      ...(goneAt === undefined ? {} : { deletionTimestamp: '2026-11-29T11:00:01Z', deletionGracePeriodSeconds: 1 }),
      ...(state.owner === undefined
        ? {}
        : {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: state.owner, name: 'kafka', uid: 'o', controller: true }],
          }),
    },
    spec: { terminationGracePeriodSeconds: 30, restartPolicy: 'Always', containers: [{ name: 'broker' }] },
    status: {
      phase: ready ? 'Running' : 'Pending',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: ready ? 'True' : 'False' },
      ],
    },
  };
}
