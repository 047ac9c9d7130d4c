/** `kcat -C -J`: a JSON object a message, with where it is in the log. */
import type { Fields } from './fields.ts';
import type { Format } from './format.ts';
import { objectIn, objectOf } from './json.ts';
import { mapped } from './mapped.ts';

const look = (key: string) => (fields: Fields) => fields[key];

export const kcatFormat: Format = {
  name: 'kcat',
  summary: 'what `kcat -C -J` writes; the payload is the id, or --map id=key, id=payload.order.id',
  received: mapped('received', () => messageOf, {
    id: look('payload'),
    topic: look('topic'),
    partition: look('partition'),
    position: look('offset'),
  }),
  lacks: {
    sent:
      'kcat writes no line for an acknowledgement (-T repeats what it was given): where `kcat -P` ended with 0, all of its ' +
      'input was acknowledged, and the input is the sent file: --sent-format csv or json with --sent-map …,outcome==acked',
  },
  example: {
    received:
      '{"topic":"orders","partition":0,"offset":17,"tstype":"create","ts":1795937991795,"key":null,"payload":"order-1"}',
  },
  assumes: {
    received: [
      'kcat names no group and no session: a file is one consumer of one group, which did not lose its place in between',
      "kcat's time is when a message was written, not received: there is no latency",
    ],
  },
  looksLike: (line) => (isMessage(objectIn(line)) ? ['received'] : []),
};

/** @throws Error. */
function messageOf(line: string): Fields {
  const fields = objectOf(line);
  if (!isMessage(fields)) throw new Error('no topic, partition, offset and payload in it');
  return fields;
}

function isMessage(fields: Fields | undefined): boolean {
  return fields !== undefined && ['topic', 'partition', 'offset', 'payload'].every((key) => Object.hasOwn(fields, key));
}
