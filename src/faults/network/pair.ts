/** What the faults share that bend the connections between a node and others, a pair. */
import { z } from 'zod';
import { type Evidence, type LinkBend, type LinkBending, pairWords } from '../../cluster/controls.ts';
import { counted } from '../../counted.ts';
import { stream } from '../../plan/random.ts';
import { choice } from '../../profile/schema/units.ts';
import { controlOf, type Deed, type Fault, onAll } from '../fault.ts';

const fromError = `expected who is at the other end, such as p1, ${pairWords.join(', ')} or [p1, b2]`;

/** Who is at the other end. */
export function from(fault: string) {
  const name = z.string({ error: fromError }).regex(/\S/, { error: fromError });
  return z
    .union([name, z.array(name, { error: fromError }).min(1, { error: fromError })], { error: fromError })
    .default('clients')
    .describe(
      `${fault}: who is at the other end of the target's connections: \`clients\`, \`producers\`, \`consumers\`, \`peers\` ` +
        '(the other nodes), `everyone`, a worker (p1), a node (b2) or a list of these. Default: clients.',
    );
}

/** Which way, as the target sees it. */
export function direction(
  fault: string,
  usual: LinkBend['direction'],
  words: readonly [LinkBend['direction'], ...LinkBend['direction'][]] = ['inbound', 'outbound', 'both'],
) {
  return choice(words)
    .default(usual)
    .describe(
      `${fault}: what comes to the target (inbound)${words.length > 2 ? ',' : ' or'} what goes out from it (outbound)${words.length > 2 ? ' or both' : ''}. Default: ${usual}.`,
    );
}

interface PairWords extends Pick<Fault, 'name' | 'alsoCalled' | 'summary' | 'missed'> {
  /** Beside `from`. */
  readonly own?: z.ZodRawShape;
  /** Absent in the parameters: both. */
  readonly direction?: LinkBend['direction'];
  /** What happens once, and is over then. */
  readonly healsItself?: boolean;
  /** It acts on connections that are open, and on no later one: where there are none, nothing has happened. */
  readonly onOpen?: boolean;
  /** What would have shown it on a connection, in a sentence on those that did not: `was closed`. */
  readonly shownBy?: string;
  bend(parameters: Readonly<Record<string, unknown>>): LinkBending;
}

export function pairFault({
  own = {},
  direction: usual = 'both',
  healsItself,
  onOpen,
  shownBy = 'carried anything',
  bend,
  ...words
}: PairWords): Fault {
  const parameters = z.strictObject({ from: from(words.name), ...own });
  return {
    ...(onOpen === true ? {} : { missed: (evidence: readonly Evidence[]) => idle(evidence, shownBy) }),
    ...words,
    needs: ['link'],
    parameters,
    inject: async (targets, deed) => {
      const {
        from: others,
        direction: way = usual,
        ...rest
      }: Record<string, unknown> = parameters.parse(deed.parameters);
      const evidence = await onAll(targets, async (target) => ({
        link: await controlOf(
          target,
          'link',
        )({
          from: (Array.isArray(others) ? others : [others]) as readonly string[],
          direction: way as LinkBend['direction'],
          what: bend(rest),
          seed: seedOf(deed, target.id),
        }),
      }));
      if (onOpen === true && countOf(evidence, 'met') === 0) throw new Error('no connection of the pair was open');
      return evidence;
    },
    ...(healsItself
      ? {}
      : { heal: (targets) => onAll(targets, async (target) => ({ link: await controlOf(target, 'link')(null) })) }),
  };
}

/** Why a fault that was in force has shown nothing: nothing tried to pass it. Undefined: something did. */
function idle(evidence: readonly Evidence[], shownBy: string): string | undefined {
  if (countOf(evidence, 'bent') > 0) return undefined;
  const met = countOf(evidence, 'met');
  if (met === 0) return 'it met no connection: none of the pair was open or opened while it was in force';
  return `it met ${counted(met, 'connection')}, and none of them ${shownBy} while it was in force`;
}

/** How many connections the links of all targets have told of, under that word. */
export function countOf(evidence: readonly Evidence[], what: 'met' | 'bent' | 'cut'): number {
  const links = evidence.flatMap(({ link }) => (link as { readonly links?: readonly Evidence[] }).links ?? []);
  return links.reduce((sum, one) => sum + Number(one[what] ?? 0), 0);
}

/** Each target of each deed has random numbers of its own. */
function seedOf({ id, seed }: Deed, target: string): number {
  return stream(seed, `${id}/link/${target}`).int(2 ** 32);
}
