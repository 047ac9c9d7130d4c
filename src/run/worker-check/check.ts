/** Checks a worker of the user's own, step by step, against a broker that is started for it. */
import { messageOf, ToolError } from '../../errors.ts';
import { consumerSteps } from './consumer-steps.ts';
import { producerSteps } from './producer-steps.ts';
import { Stand } from './stand.ts';
import { demand, type Step, StepFailed, type StepResult, some } from './step.ts';

export type { StepResult };

const lastName = 'nothing else on stdout';

export type CheckedRole = 'producer' | 'consumer';

/**
 * The steps build on each other: after the first that failed the others are skipped.
 * @param observe told of each step when it is over.
 * @throws ToolError (exit 4) when the broker did not start, or the command is not there.
 */
export async function checkWorker(
  role: CheckedRole,
  argv: readonly string[],
  observe: (result: StepResult) => void,
): Promise<StepResult[]> {
  await using stand = await Stand.open(argv);
  const results: StepResult[] = [];
  const steps = role === 'producer' ? producerSteps(stand) : consumerSteps(stand);
  for (const step of [...steps, nothingElse(stand)]) {
    const failed = results.some(({ outcome }) => outcome === 'failed');
    const result = failed ? skipped(step) : await carriedOut(step, stand);
    results.push(result);
    observe(result);
  }
  return results;
}

function nothingElse(stand: Stand): Step {
  return {
    name: lastName,
    expected: 'each line is one message of the protocol, said once',
    run: async () => {
      const { complaints } = stand;
      demand(complaints.length === 0, () => some(complaints));
      return 'nothing';
    },
  };
}

function skipped({ name, expected }: Step): StepResult {
  return { name, expected, outcome: 'skipped' };
}

async function carriedOut(step: Step, stand: Stand): Promise<StepResult> {
  const { name, expected } = step;
  try {
    return { name, expected, outcome: 'passed', seen: await step.run() };
  } catch (error) {
    if (!isOfWorker(error)) throw error;
    const besides = step.name === lastName || stand.complaints.length === 0 ? '' : `; and ${some(stand.complaints)}`;
    return { name, expected, outcome: 'failed', seen: `${messageOf(error)}${besides}` };
  }
}

/** What the worker did, and not what we could not do. */
function isOfWorker(error: unknown): boolean {
  if (error instanceof StepFailed) return true;
  return error instanceof ToolError && (error.code === 'command-not-ready' || error.code === 'command-ended');
}
