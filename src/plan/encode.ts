/** `plan.json`: the same plan is the same bytes. */
import { messageOf, ToolError } from '../errors.ts';
import { nodesOf } from '../products/registry.ts';
import { consumerNames, producerNames, storeNames } from '../profile/names.ts';
import { isRemote } from '../profile/remote.ts';
import { pathText } from '../profile/text/tree.ts';
import { type Plan, planSchema, planVersion } from './plan.ts';

/** Keys in the order of the schema, indented, with a newline at the end. */
export function encodePlan(plan: Plan): string {
  return `${JSON.stringify(planSchema.parse(plan), null, 2)}\n`;
}

/**
 * A plan from the text of a `plan.json`. Throws a ToolError of exit code 2 for text that is no plan of this version, or
 * that attaches to another machine without `allowRemote` in the plan or here.
 */
export function decodePlan(text: string, file: string, allowRemote = false): Plan {
  const value = parseJson(text, file);
  const version: unknown =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && version !== planVersion) {
    throw new ToolError(`${file}: a plan of version ${version}; this mqchaos follows version ${planVersion}`, {
      code: 'plan-version',
      hint: 'use the mqchaos that made it, or make it again from its profile: mqchaos plan PROFILE --seed SEED --out DIR',
    });
  }
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      return `${file}${path.length === 0 ? '' : ` ${pathText(path)}`}: ${issue.message}`;
    });
    throw new ToolError(lines.join('\n'), { code: 'plan', hint: 'a plan is written by `mqchaos plan --out DIR`' });
  }
  const plan = parsed.data;
  refuseRemote(plan, file, allowRemote);
  refuseUnknownTargets(plan, file);
  return plan;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ToolError(`${file}: not a plan: ${messageOf(error)}`, {
      code: 'plan',
      hint: 'a plan is the plan.json of a run or of `mqchaos plan --out DIR`; for a profile leave out --plan',
      cause: error,
    });
  }
}

function refuseRemote({ cluster }: Plan, file: string, allowRemote: boolean): void {
  if (cluster.attach === undefined || cluster.allowRemote || allowRemote) return;
  const remote = [...cluster.attach, ...(cluster.control ?? []).map((node) => node.address)].find(isRemote);
  if (remote === undefined) return;
  throw new ToolError(`${file} cluster.attach: ${remote} is not this machine`, {
    code: 'remote',
    hint: 'if that cluster is yours to break, give --allow-remote',
  });
}

/** A plan that was changed by hand may aim at something that is not in it. */
function refuseUnknownTargets({ cluster, producers, consumers, faults }: Plan, file: string): void {
  const brokers = nodesOf(cluster).map(({ id }) => id);
  const nodes = [...brokers, ...storeNames(consumers.effect, consumers.storeControl !== undefined)];
  const workers = [...producerNames(producers.count), ...consumerNames(consumers.count, consumers.groups)];
  const unknown = faults.flatMap(({ target }, i) => {
    const [aimedAt, known] =
      target.type === 'leader' ? [[], []] : target.type === 'nodes' ? [target.nodes, nodes] : [target.workers, workers];
    const missing = aimedAt.filter((name) => !known.includes(name));
    return missing.map((name) => `${file} faults[${i}].target: no '${name}' in this plan: it has ${known.join(', ')}`);
  });
  if (unknown.length > 0)
    throw new ToolError(unknown.join('\n'), { code: 'plan', hint: 'make the plan anew from its profile' });
}
