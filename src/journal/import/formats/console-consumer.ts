/**
 * kafka-console-consumer.sh with print.partition and print.offset, and print.timestamp and print.key as one likes:
 * `CreateTime:…⇥Partition:0⇥Offset:17⇥key⇥value`. Nothing tells a tab between key and value from one inside of them, so
 * that all lines of a file must have the same number.
 */
import type { Fields } from './fields.ts';
import type { Format } from './format.ts';
import { mapped, type ObjectOf } from './mapped.ts';

const look = (key: string) => (fields: Fields) => fields[key];

export const consoleConsumerFormat: Format = {
  name: 'console-consumer',
  summary: 'kafka-console-consumer.sh with print.partition and print.offset; the value is the id, or --map id=key',
  received: mapped('received', rows, { id: look('value'), partition: look('partition'), position: look('offset') }),
  lacks: { sent: 'a console consumer writes what was received: kafka-verifiable-producer.sh writes what was sent' },
  example: { received: 'CreateTime:1795937991795\tPartition:0\tOffset:17\tkey\torder-1' },
  assumes: {
    received: [
      'a tab behind the offset parts the key from the value (print.key), and no value holds one',
      'the console consumer names no group, no topic and no session: a file is one consumer of one group and one topic',
      "the console consumer's time is when a message was written, not received: there is no latency",
    ],
  },
  cuttable: true,
  looksLike: (line) => (prefix.exec(line)?.[0] ? ['received'] : []),
};

const prefix = /^(?:(?:CreateTime|LogAppendTime|NoTimestampType):-?\d+\t)?(?:Partition:(\d+)\t)?(?:Offset:(\d+)\t)?/;
/** What it says at its end, on the other stream: people join the two. */
const farewell = /^Processed a total of \d+ messages?$/;

function rows(): ObjectOf {
  let tabs: number | undefined;
  return (line) => {
    if (farewell.test(line)) return 'heading';
    const [before = '', partition, offset] = prefix.exec(line) ?? [];
    if (partition === undefined || offset === undefined) throw new Error('no Partition: and Offset: in it');
    const rest = line.slice(before.length);
    const at = rest.indexOf('\t');
    const found = at < 0 ? 0 : rest.indexOf('\t', at + 1) < 0 ? 1 : 2;
    tabs ??= found;
    if (found === 2)
      throw new Error('more than a key and a value behind its offset, parted by tabs: kcat -J says which is which');
    if (found !== tabs)
      throw new Error('the lines before have another number of tabs: which is the key cannot be told');
    const value = rest.slice(at + 1);
    return found === 0 ? { partition, offset, value } : { partition, offset, key: rest.slice(0, at), value };
  };
}
