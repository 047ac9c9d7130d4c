/** One client program that runs the script against one broker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { code } from '../../src/broker/wire/codes.ts';
import type { Subject, SubjectName } from './brokers.ts';
import type { Client } from './clients.ts';
import { type Step, scripts } from './steps.ts';

/** How a step was answered: as the client program says it. */
export type Answer = { is: unknown } | { error: string } | { notOffered: string };

/** Of one client: its answers on each broker, by the names of steps. */
export type Answers = Readonly<Record<SubjectName, ReadonlyMap<string, Answer>>>;

const stepLimitMs = 120_000;
const settleMs = 1000;
const codeNames = new Map<number, string>(Object.entries(code).map(([name, number]) => [number, name]));

/** Runs every step; the answers by the names of steps. */
export async function converse(client: Client, subject: Subject): Promise<Map<string, Answer>> {
  // clients share the real Kafka
  const prefix = `${client.name.replaceAll(/[^a-z0-9]/gi, '')}-`;
  const [program = '', ...args] = client.command;
  const child = spawn(program, [...args, subject.bootstrap], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...client.env },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = `${stderr}${chunk}`.slice(-4000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answers = new Map<string, Answer>();
  try {
    for (const step of scripts[client.script]) {
      if (step.op === 'kill') await subject.killMaster(`${prefix}k`);
      else if (step.op === 'settle') await sleep(settleMs);
      else if (lacks(answers, step.after)) answers.set(step.name, { notOffered: `nor is: ${step.after}` });
      else answers.set(step.name, await ask(child, lines, prefixed(step, prefix), prefix, () => stderr));
    }
  } finally {
    child.kill('SIGKILL');
  }
  return answers;
}

function lacks(answers: ReadonlyMap<string, Answer>, step: string | undefined): boolean {
  const answer = step === undefined ? undefined : answers.get(step);
  return answer !== undefined && 'notOffered' in answer;
}

function prefixed({ name: _, after: __, ...step }: Step, prefix: string): Record<string, unknown> {
  const named = ['topic', 'to', 'group', 'transactionalId'].filter((key) => step[key] !== undefined);
  return { ...step, ...Object.fromEntries(named.map((key) => [key, `${prefix}${step[key]}`])) };
}

async function ask(
  child: ChildProcess,
  lines: AsyncIterator<string>,
  step: Record<string, unknown>,
  prefix: string,
  stderr: () => string,
): Promise<Answer> {
  child.stdin?.write(`${JSON.stringify(step)}\n`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), stepLimitMs);
  });
  const line = await Promise.race([lines.next(), late]).finally(() => clearTimeout(timer));
  if (line === undefined || line.done) {
    throw new Error(
      `no answer to ${JSON.stringify(step)} ${line === undefined ? 'in two minutes' : 'and an end'}\n${stderr()}`,
    );
  }
  return normal(JSON.parse(line.value), prefix);
}

/** Without the prefix, lists of names only of this client, error numbers by name. */
function normal(answer: Answer, prefix: string): Answer {
  if ('error' in answer) return { error: codeNames.get(Number(answer.error)) ?? String(answer.error) };
  if (!('is' in answer) || !Array.isArray(answer.is) || !answer.is.every((one) => typeof one === 'string'))
    return answer;
  const own = answer.is.filter((name) => name.startsWith(prefix) && !name.includes('-reader-'));
  return { is: own.map((name) => name.slice(prefix.length)).sort() };
}
