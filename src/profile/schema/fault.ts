/** One entry of `faults`: when × what × whom × how long. Whether the target exists is checked with the whole profile. */
import { z } from 'zod';
import type { Fault } from '../../faults/fault.ts';
import { faults, faultWords, findFault } from '../../faults/registry.ts';
import { map } from './map.ts';
import type { Trigger } from './trigger.ts';
import { duration, durationRange, leaf, orOf, percentage, text, whole } from './units.ts';
import { usualWords } from './usual-words.ts';

/** Bound of the repetitions of one fault in a plan. */
export const mostRepetitions = 1000;

export const faultNames = faults.map(({ name }) => name);

export type When =
  | Trigger
  | { readonly type: 'every'; readonly fromMs: number; readonly toMs: number; readonly times?: number };

/** As written: a node, a worker, a word for some of them or a list of nodes; `leader of 3` and `{leader: 3}` are the same. */
type Target = string | readonly string[] | { readonly leader: number };

const targetError = 'expected a target such as b1, one, master, leader of 3, p1 or [b1, b1s1]';
const leaderForm = /^leader of (\d+)$/;

export const targetSchema = z
  .union(
    [
      text(targetError).refine((written) => leaderForm.test(written) || !/^leader\s/i.test(written), {
        error: ({ input }) => {
          const partition = /\d+/.exec(String(input))?.[0] ?? 0;
          return `'${String(input)}' is no target; did you mean 'leader of ${partition}'?`;
        },
      }),
      z.array(text(targetError), { error: targetError }).min(1, { error: targetError }),
      map({ leader: whole(0, 1023).describe('The partition whose leader it is, from 0.') }),
    ],
    { error: targetError },
  )
  .transform((written): Target => {
    const partition = typeof written === 'string' ? leaderForm.exec(written)?.[1] : undefined;
    return partition === undefined ? written : { leader: Number(partition) };
  });

/** What every fault has. */
const common = {
  at: at().optional().describe('When: at this progress of sending (40%), or this long after sending began (5s).'),
  after: after().optional().describe('When: after this many acknowledged messages, such as 5000 acked.'),
  every: durationRange()
    .optional()
    .describe('When: again and again while messages are sent, at this interval; 3s..8s is drawn anew each time.'),
  times: whole(1, mostRepetitions).optional().describe('With `every`: how often. Default: until sending ends.'),
  target: targetSchema.describe(
    'Whom: a node (b1, b1s1), a list of nodes ([b1, b1s1]), `any` node, `one`, a `minority`, the `majority` or `all` ' +
      'of the brokers, one `master`, one `slave`, all `slaves`, the `leader of 3` (a partition); a worker (p1, c2, ' +
      'c1.2), one `producer` or `consumer`, all `producers` or `consumers`.',
  ),
  for: duration(0)
    .optional()
    .describe('How long; then it is healed. Default: until sending has ended. Not for a fault that heals itself.'),
};

/** What every fault has, of an entry that may have more. */
export const commonSchema = z.looseObject(common);

/** What the keys are called elsewhere. */
const keyWords = { duration: 'for', fault: 'do', action: 'do', type: 'do', kind: 'do', node: 'target', when: 'at' };

/** One map a fault, so that each takes its own parameters and no others. */
const [firstFault, ...otherFaults] = faults.map((fault) =>
  map({ ...common, do: z.literal(fault.name).describe(fault.summary), ...parametersOf(fault) })
    .register(usualWords, keyWords)
    .meta({
      oneOf: ['at', 'after', 'every'].map((key) => ({ required: [key] })),
      ...(countsDeeds(fault) ? {} : { dependentRequired: { times: ['every'] } }),
    }),
);
if (firstFault === undefined) throw new Error('there are no faults');

export const faultSchema = z
  .discriminatedUnion('do', [firstFault, ...otherFaults], {
    error: (issue) => (issue.code === 'invalid_union' ? `expected ${orOf(faultNames)}` : 'expected a map of keys'),
  })
  .register(usualWords, faultWords)
  .transform((entry, context) => {
    const { at, after, every, times: given, do: name, target, for: forMs, ...others } = entry;
    const isCount = faults.some((fault) => fault.name === name && countsDeeds(fault));
    const parameters = isCount && given !== undefined ? { ...others, times: given } : others;
    const times = isCount ? undefined : given;
    const moments = [at, after, every].filter((when) => when !== undefined);
    const when: When | undefined =
      at ?? after ?? (every && { type: 'every', ...every, ...(times === undefined ? {} : { times }) });
    if (moments.length !== 1 || when === undefined) {
      context.addIssue({ code: 'custom', message: 'expected exactly one of at, after and every' });
      return z.NEVER;
    }
    if (every === undefined && times !== undefined) {
      context.addIssue({ code: 'custom', path: ['times'], message: '`times` goes with `every` only' });
    }
    return { do: name, target, ...(forMs === undefined ? {} : { for: forMs }), when, parameters: { ...parameters } };
  });

export type FaultEntry = z.output<typeof faultSchema>;

/** What a fault of that name takes beside what all take. */
export function faultParameters(name: string): z.ZodObject {
  return findFault(name)?.parameters ?? z.strictObject({});
}

/** Faults that take a key which others do not. */
export function faultsThatTake(key: string): string[] {
  return faults.filter((fault) => key in parametersOf(fault)).map(({ name }) => name);
}

/** Its `times` are deeds, not repetitions of `every`. */
function countsDeeds(fault: Fault): boolean {
  return 'times' in parametersOf(fault);
}

/** Their types are the fault's own business: nobody here looks at them. */
function parametersOf({ parameters }: Fault): Record<never, never> {
  return parameters?.shape ?? {};
}

function at() {
  const expectation = 'expected a percentage such as 40%, or a duration such as 5s';
  return leaf(/^\d+(\.\d+)?(%|ms|s|m|h)$/, expectation, (written): Trigger | undefined => {
    const fraction = z.safeParse(percentage(), written);
    if (fraction.success) return { type: 'progress', fraction: fraction.data };
    const afterMs = z.safeParse(duration(0), written);
    return afterMs.success ? { type: 'time', afterMs: afterMs.data } : undefined;
  });
}

function after() {
  return leaf(/^\d+ acked$/, 'expected a count such as 5000 acked', (written): Trigger | undefined => {
    const messages = Number.parseInt(written, 10);
    return messages > 0 ? { type: 'acked', messages } : undefined;
  });
}

/** A target in one piece of text, as a profile would have it. */
export function targetText(target: Target): string {
  if (typeof target === 'string') return target;
  return 'leader' in target ? `leader of ${target.leader}` : target.join(', ');
}
