/** What the faults share that act on requests and answers, where a link reads them (src/link/wire). */
import type { z } from 'zod';
import type { Evidence } from '../../cluster/controls.ts';
import type { WireReport, WireRule } from '../../link/wire/rule.ts';
import { stream } from '../../plan/random.ts';
import { fractionOf, percentageText, text, whole } from '../../profile/schema/units.ts';
import { controlOf, type Deed, type Fault, onAll } from '../fault.ts';

/** What such a fault makes of its parameters: a rule for each link, but for what the link and the run add. */
export type Wired = Omit<WireRule, 'id' | 'seed'>;

/** Which requests, where that is a choice. */
export function apiParameter(fault: string) {
  return text('expected the name of a request, such as produce')
    .default('produce')
    .describe(`${fault}: which requests, by the name of their API, such as produce or offset-commit.`);
}

/** Whose, and how often. */
export function wireParameters(fault: string) {
  return {
    topic: text('expected the name of a topic')
      .optional()
      .describe(`${fault}: only of this topic; \`*\` stands for any characters.`),
    partition: whole(0, 1_000_000).optional().describe(`${fault}: only of this partition.`),
    client: text('expected the name of a worker or of a client')
      .optional()
      .describe(
        `${fault}: only of this worker (p1), or of clients that call themselves so; \`*\` stands for any characters.`,
      ),
    share: percentageText().optional().describe(`${fault}: of those, only this share, as the seed decides.`),
    times: whole(1, 1_000_000)
      .optional()
      .describe(`${fault}: how often; then it is over. Default: as long as the fault is in force.`),
  };
}

type About = z.output<z.ZodObject<ReturnType<typeof wireParameters>>> & { readonly api?: string };

/** Of whom: the part of a rule that all these faults have. */
export function aboutWhom({ api, topic, partition, client, share, times }: About): Omit<Wired, 'deed'> {
  return {
    ...(api === undefined ? {} : { api }),
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...(client === undefined ? {} : { client }),
    ...(share === undefined ? {} : { share: fractionOf(share) }),
    ...(times === undefined ? {} : { times }),
  };
}

/** @param rule what it does, of parameters that its schema has accepted. */
export function onTheWire<P extends z.ZodObject>(
  words: Pick<Fault, 'name' | 'alsoCalled' | 'summary'>,
  parameters: P,
  rule: (given: z.output<P>) => Wired,
): Fault {
  const wired = (given: Deed['parameters']): Wired => rule(parameters.parse(given));
  return {
    ...words,
    needs: ['wire'],
    parameters,
    wired,
    inject: (targets, { id, seed, parameters: given }) =>
      onAll(targets, async (target) => {
        const own = { ...wired(given), id, seed: stream(seed, `${id}/wire`).int(2 ** 32) };
        return { wire: await controlOf(target, 'wire')(own) };
      }),
    heal: (targets) => onAll(targets, async (target) => ({ wire: await controlOf(target, 'wire')(null) })),
    spent: async (targets, { parameters: given }) => {
      const { times } = wired(given);
      if (times === undefined) return false;
      const reports = await onAll(targets, async (target) => ({ wire: await controlOf(target, 'wire')('report') }));
      return reports.every((report) => reportOf(report).done >= times);
    },
    missed: (evidence, { parameters: given }) => missed(evidence, wired(given)),
  };
}

/**
 * Why the run proves nothing of the fault: not so many deeds were done as it names, or none at all; or without a number,
 * some requests could not be read, so that it may have been about those, too.
 */
function missed(evidence: readonly Evidence[], { times }: Wired): string | undefined {
  for (const one of evidence.filter((found) => 'wire' in found)) {
    const { met, done, unread, unreadBy } = reportOf(one);
    const kinds = Object.keys(unreadBy).join('; ');
    const why = unread > 0 ? `, and ${unread} could not be read (${kinds})` : '';
    const asked = times === undefined ? 'nothing was done' : `done ${done} of ${times} times`;
    if (done < (times ?? 1)) return `${asked} at ${String(one.target)}: ${met} requests were met${why}`;
    if (times === undefined && unread > 0) {
      return `${unread} requests at ${String(one.target)} could not be read (${kinds}), and it may have been about those, too`;
    }
  }
  return undefined;
}

function reportOf({
  wire,
}: Evidence): Pick<WireReport, 'met' | 'done' | 'unread'> & Required<Pick<WireReport, 'unreadBy'>> {
  const { report } = (wire ?? {}) as { readonly report?: Partial<WireReport> };
  const { met = 0, done = 0, unread = 0, unreadBy = {} } = report ?? {};
  return { met, done, unread, unreadBy };
}
