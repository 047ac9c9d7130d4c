/** The line protocol of ../README.md around the operations of a client. */
import { createInterface } from 'node:readline';

export const bootstrap = process.argv.at(-1);

/** How long a record may take to come, and a group to settle. */
export const patienceMs = 10_000;

/** An error by Kafka's name. */
export class Refused extends Error {
  constructor(name) {
    super(String(name));
    this.kafka = name;
  }
}

/** `operations` by name; `nameOf` says which error of Kafka an error of the client is. */
export async function serve(operations, nameOf) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...step } = JSON.parse(line);
    const answer = await perform(operations, op, step, nameOf);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

async function perform(operations, op, step, nameOf) {
  const operation = operations[op];
  if (operation === undefined) return { notOffered: 'no such call' };
  try {
    const answer = await operation(step);
    return answer?.notOffered === undefined ? { is: answer ?? null } : answer;
  } catch (error) {
    process.stderr.write(`${op}: ${error.stack}\n`);
    return { error: error instanceof Refused ? error.kafka : nameOf(error) };
  }
}

export const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs));

export async function until(isSo, limitMs = patienceMs) {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) return false;
    await sleep(20);
  }
  return true;
}

/** A record as the suite tells it. */
export function told({ partition, offset, key, value, headers, timestamp }, withTime) {
  const record = { partition, offset: Number(offset), key: text(key), value: text(value), headers };
  return withTime ? { ...record, timestamp: Number(timestamp) } : record;
}

function text(bytes) {
  if (bytes === null || bytes === undefined) return null;
  return bytes.length > 1000 ? `${bytes.length} bytes` : bytes.toString();
}

export const inOrder = (records) => records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);

export const contentOf = ({ value, size }) => (size === undefined ? value : 'x'.repeat(size));
