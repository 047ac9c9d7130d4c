/** The order `rules` of a link that reads its protocol: rules come, go, and tell what they have done. */
import { z } from 'zod';
import { type Details, wrongOrder } from '../orders.ts';
import type { WireRule } from './rule.ts';
import type { RuleBook } from './rule-book.ts';

const deedSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('lose-answer'), connection: z.enum(['closes', 'falls silent', 'goes on']) }),
  z.strictObject({ type: z.literal('delay-answer'), delayMs: z.number().min(0) }),
  z.strictObject({ type: z.literal('answer-error'), error: z.string(), served: z.boolean() }),
  z.strictObject({ type: z.literal('move-leader') }),
  z.strictObject({
    type: z.literal('change-records'),
    how: z.enum(['double', 'corrupt', 'swap']),
    on: z.enum(['produce', 'fetch']),
    checksum: z.enum(['right', 'wrong']),
  }),
]);

const ruleSchema = z.strictObject({
  id: z.string().min(1),
  seed: z.int(),
  deed: deedSchema,
  api: z.string().exactOptional(),
  topic: z.string().exactOptional(),
  partition: z.int().min(0).exactOptional(),
  client: z.string().exactOptional(),
  except: z.array(z.string()).exactOptional(),
  share: z.number().gt(0).max(1).exactOptional(),
  times: z.int().min(1).exactOptional(),
});

const orderSchema = z.union([
  z.strictObject({ add: ruleSchema }),
  z.strictObject({ report: z.string() }),
  z.strictObject({ remove: z.string() }),
]);

const example =
  '{"id":1,"order":"rules","link":"b1","add":{"id":"f1","seed":7,"deed":{"type":"lose-answer","connection":"closes"}}}';

/**
 * `add` puts a rule in force, `report` tells what it has done, `remove` ends it and tells the same. Each is answered with the
 * ids of the rules that are in force then.
 * @throws ToolError `wrong-order`.
 */
export function obeyRules(book: RuleBook, { link: _, ...order }: Details): Details {
  const read = orderSchema.safeParse(order);
  if (!read.success) throw wrongOrder(`not an order about rules: ${z.prettifyError(read.error)}`, example);
  const { data } = read;
  if ('add' in data) return added(book, data.add);
  const report = 'report' in data ? book.report(data.report) : book.remove(data.remove);
  return { inForce: book.ids, ...(report === undefined ? {} : { report }) };
}

function added(book: RuleBook, rule: WireRule): Details {
  if (book.ids.includes(rule.id)) throw wrongOrder(`a rule ${rule.id} is in force already`, 'remove it first');
  book.add(rule);
  return { inForce: book.ids };
}
