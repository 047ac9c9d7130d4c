/** What is wrong with the answers that one client got: Kafka's are the right ones, but for the declared differences. */
import { isDeepStrictEqual } from 'node:util';
import type { SubjectName } from './brokers.ts';
import type { Answer, Answers } from './conversation.ts';
import { type Difference, differences } from './differences.ts';

export type Outcome = 'equal' | 'declared' | 'not offered' | 'wrong';

export const ours = ['masters', 'slaves'] as const satisfies readonly SubjectName[];

/** A line for every answer that is not as it should be. */
export function judge(client: string, answers: Answers): string[] {
  return ours.flatMap((on) =>
    [...answers.kafka].flatMap(([step, theirs]) => {
      const own = answers[on].get(step);
      if (own === undefined) return [`${on}: ${step}: not asked`];
      const outcome = outcomeOf(client, step, theirs, own);
      if (outcome !== 'wrong') return [];
      const declared = declaredFor(client, step) !== undefined;
      const told = `${on}: ${step}${declared ? ' (declared otherwise)' : ''}`;
      return [`${told}: Kafka ${brief(theirs, own)}, ours ${brief(own, theirs)}`];
    }),
  );
}

/** A declared difference that does not occur is wrong, too. */
export function outcomeOf(client: string, step: string, theirs: Answer, own: Answer | undefined): Outcome {
  if (own === undefined) return 'wrong';
  const declared = declaredFor(client, step);
  if ('notOffered' in theirs) return 'notOffered' in own ? 'not offered' : 'wrong';
  const isEqual = isDeepStrictEqual(theirs, own);
  if (declared === undefined) return isEqual ? 'equal' : 'wrong';
  return !isEqual && isDeepStrictEqual(own, declared.ours) ? 'declared' : 'wrong';
}

function declaredFor(client: string, step: string): Difference | undefined {
  return differences.find((one) => one.step === step && (one.clients?.includes(client) ?? true));
}

/** An answer from a little before where it parts from the other on. */
function brief(answer: Answer, other: Answer): string {
  const [text, otherText] = [JSON.stringify(answer), JSON.stringify(other)];
  if (text.length <= 600) return text;
  let same = 0;
  while (same < text.length && text[same] === otherText[same]) same += 1;
  return `…${text.slice(Math.max(0, same - 200), same + 400)}… (${text.length})`;
}
