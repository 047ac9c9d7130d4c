/** The formats of foreign records: a new one needs its file, a line here, and its row in docs/own-records.md. */
import { consoleConsumerFormat } from './console-consumer.ts';
import { csvFormat } from './csv.ts';
import type { Format } from './format.ts';
import { jepsenFormat } from './jepsen.ts';
import { jsonFormat } from './json-lines.ts';
import { kcatFormat } from './kcat.ts';
import { openchaosFormat } from './openchaos.ts';
import { ownFormat } from './own.ts';
import { verifiableFormat } from './verifiable.ts';

/** The most telling first: a line is taken for the first that it looks like. */
export const formats: readonly Format[] = [
  verifiableFormat,
  kcatFormat,
  consoleConsumerFormat,
  openchaosFormat,
  jepsenFormat,
  ownFormat,
  jsonFormat,
  csvFormat,
];
