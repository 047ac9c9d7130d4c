import type { Readable } from 'node:stream';
import { BrokerError } from './errors.ts';

/**
 * What each command does with its argument, and what it has to say. It throws BrokerError, and changes nothing, if the
 * argument is wrong.
 */
export type Commands = Readonly<Record<string, (argument: unknown) => object>>;

const lineLimitChars = 65_536;

/**
 * Reads commands from the process that started the node. Each is a JSON line with an id and one command with its argument:
 * `{"id":1,"disk":null}`. Each is answered with a line, `{"id":1,"done":true}` or
 * `{"id":1,"error":…,"message":…,"hint":…}`. Settles when the input ends, that is when the parent has ended. Rejects for
 * an error that is no BrokerError.
 */
export async function readCommands(input: Readable, answer: (line: string) => void, commands: Commands): Promise<void> {
  input.setEncoding('utf8');
  let text = '';
  const take = (chunk: string) => {
    const lines = (text + chunk).split('\n');
    // The bound is for input without line ends.
    text = (lines.pop() ?? '').slice(0, lineLimitChars);
    for (const line of lines) if (line.trim() !== '') answer(JSON.stringify(obey(line, commands)));
  };
  await new Promise<void>((resolve, reject) => {
    input.on('data', (chunk: string) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
      }
    });
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
    return { id, done: true, ...command(orders[name]) };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { id, error: error.code, message: error.message, hint: error.hint };
  }
}

/** Anything but a JSON object counts as an object without a command. */
function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
