/** The measures that make messages reliable, and the pairs of profiles that show each of them: on, and off. */
import type { FindingClass } from '../audit/class.ts';
import { ToolError } from '../errors.ts';
import type { MeasureHere } from '../products/measure.ts';
import { didYouMean } from '../suggest.ts';

/** `async` is the third of synchronous send: not waited for one by one, but every answer is read. It must hold as on does. */
export type Half = 'on' | 'async' | 'off';

export interface Measure {
  readonly name: string;
  readonly title: string;
  /** What is done in all halves. */
  readonly fault: string;
  /** What it prevents: classes of which no message has two. */
  readonly harm: readonly FindingClass[];
  /** Bundled profiles by half, in the order in which they are run. */
  readonly profiles: readonly (readonly [Half, string])[];
  /** The longest time without an acknowledgement is a part of what it shows. */
  readonly gap?: true;
}

const twice = 'consumers killed after the effect, before the commit; answers lost, so that the producer sends twice';

export const measures: readonly Measure[] = [
  {
    ...pair('sync-send', 'synchronous send'),
    fault: 'master paused, then kill -9, and back',
    harm: ['undelivered-silent'],
    profiles: [
      ['on', 'sync-send'],
      ['async', 'sync-send-async'],
      ['off', 'sync-send-off'],
    ],
  },
  {
    ...pair('retry', 'retry'),
    fault: 'kill -9 of one of two masters, and back',
    harm: ['undelivered'],
  },
  {
    ...pair('idempotent-producer', 'idempotent producer'),
    fault: 'answers to sends lost on their way',
    harm: ['duplicate-stored'],
  },
  {
    ...pair('several-masters', 'several masters'),
    fault: 'one master down for longer than the whole retry budget',
    harm: ['undelivered'],
    gap: true,
  },
  {
    ...pair('sync-flush', 'synchronous flush'),
    fault: 'power cut of the master',
    harm: ['lost', 'rolled-back'],
  },
  {
    ...pair('sync-replication', 'synchronous replication'),
    fault: "slave paused, the master's disk lost, the slave promoted",
    harm: ['lost', 'rolled-back'],
  },
  {
    ...pair('commit-after', 'commit after processing'),
    fault: 'consumers killed before the effect',
    harm: ['unprocessed'],
  },
  {
    ...pair('redelivery', 'redelivery'),
    fault: 'processing fails one time in five, consumers killed',
    harm: ['unprocessed'],
  },
  { ...pair('primary-key', 'primary key'), fault: twice, harm: ['duplicate-effect'] },
  { ...pair('unique-constraint', 'unique constraint'), fault: twice, harm: ['duplicate-effect'] },
  { ...pair('redis-set', 'SET in Redis'), fault: twice, harm: ['duplicate-effect'] },
  { ...pair('redis-id', 'id in Redis'), fault: twice, harm: ['duplicate-effect'] },
];

/** Those of these names, in the order of the table; all when none is named. @throws ToolError (exit 2). */
export function findMeasures(names: readonly string[]): Measure[] {
  const known = measures.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ToolError(`no measure '${unknown}'${didYouMean(unknown, known)}`, {
      code: 'no-measure',
      hint: `the measures are ${known.join(', ')} (mqchaos list measures)`,
    });
  }
  return measures.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** As it is shown on a product: the same measure, with its name. */
export function measureOn(
  measure: Measure,
  { title = measure.title, fault = measure.fault, profiles = measure.profiles }: MeasureHere,
): Measure {
  return { ...measure, title, fault, profiles };
}

function pair(name: string, title: string): Pick<Measure, 'name' | 'title' | 'profiles'> {
  return {
    name,
    title,
    profiles: [
      ['on', name],
      ['off', `${name}-off`],
    ],
  };
}
