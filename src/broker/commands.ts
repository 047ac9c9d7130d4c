import type { Readable } from 'node:stream';
import { BrokerError } from './errors.ts';

/** What each command does with its argument. Throws BrokerError for one that it does not understand, having done nothing. */
export type Commands = Readonly<Record<string, (argument: unknown) => void>>;

const lineLimitChars = 65_536;

/**
 * Orders from whoever started the node, a JSON line each: `{"id":1,"disk":null}`, an id and one command with its
 * argument. Each is answered with a line, `{"id":1,"done":true}` or `{"id":1,"error":…,"message":…,"hint":…}`. Resolves
 * when the input ends: the parent is gone.
 */
export async function readCommands(input: Readable, answer: (line: string) => void, commands: Commands): Promise<void> {
  input.setEncoding('utf8');
  let text = '';
  const take = (chunk: string) => {
    const lines = (text + chunk).split('\n');
    // The bound is for what never ends a line.
    text = (lines.pop() ?? '').slice(0, lineLimitChars);
    for (const line of lines) if (line.trim() !== '') answer(JSON.stringify(obey(line, commands)));
  };
  await new Promise<void>((resolve) => {
    input.on('data', take);
    input.on('end', resolve);
    input.on('error', resolve);
  });
}

function obey(line: string, commands: Commands): object {
  const { id = null, ...orders } = parse(line);
  try {
    const [name = '', ...more] = Object.keys(orders);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined || more.length > 0) {
      const hint = Object.keys(commands).map((known) => `{"id":1,"${known}":…}`);
      throw new BrokerError('bad-command', 'not a JSON object with one known command', hint.join(' '));
    }
    command(orders[name]);
    return { id, done: true };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { id, error: error.code, message: error.message, hint: error.hint };
  }
}

/** What is no JSON object has no command in it. */
function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
