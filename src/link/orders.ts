/** Orders from the process that started the link, and the answers to them: one JSON object a line. */
import type { Readable } from 'node:stream';
import { ToolError } from '../errors.ts';

export type Details = Readonly<Record<string, unknown>>;

/** What each order does with the rest of its line. @throws ToolError, and changes nothing, when the order is wrong. */
export type Orders = Readonly<Record<string, (order: Details) => Details | Promise<Details>>>;

const lineLimitChars = 4_194_304;

/**
 * Each order has an id: `{"id":1,"order":"heal","rule":"f1"}`. It is answered with `{"id":1,…}` or
 * `{"id":1,"error":…,"message":…,"hint":…}`; orders are carried out one after the other. Settles when the input ends,
 * that is when the process that started us has ended. Rejects for an error that is no ToolError.
 */
export async function readOrders(input: Readable, answer: (line: Details) => void, orders: Orders): Promise<void> {
  input.setEncoding('utf8');
  let text = '';
  let turn = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    input.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      // the bound is for input without line ends
      text = (lines.pop() ?? '').slice(0, lineLimitChars);
      for (const line of lines.filter((one) => one.trim() !== '')) {
        turn = turn.then(async () => answer(await obey(line, orders))).catch(reject);
      }
    });
    input.on('end', resolve);
    input.on('error', resolve);
  });
}

async function obey(line: string, orders: Orders): Promise<Details> {
  const { id = null, order, ...details } = parse(line);
  try {
    const deed = typeof order === 'string' && Object.hasOwn(orders, order) ? orders[order] : undefined;
    if (deed === undefined) {
      throw wrongOrder('not a JSON object with a known order', `{"id":1,"order":…}: ${Object.keys(orders).join(', ')}`);
    }
    return { id, ...(await deed(details)) };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { id, error: error.code, message: error.message, hint: error.hint };
  }
}

/** What an order is refused with. */
export function wrongOrder(message: string, hint: string): ToolError {
  return new ToolError(message, { code: 'wrong-order', hint });
}

/** Anything but a JSON object counts as an object without an order. */
function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
