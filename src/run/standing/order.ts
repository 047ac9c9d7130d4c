/** An order to do a fault, as it comes from a command line: held to what a profile may say. */
import { z } from 'zod';
import { ToolError } from '../../errors.ts';
import { findFault } from '../../faults/registry.ts';
import { chosenTarget } from '../../plan/compile.ts';
import type { FaultPlan } from '../../plan/plan.ts';
import { protocolNames, wireFace } from '../../products/registry.ts';
import { wholeDraft } from '../../profile/check/draft.ts';
import { checkFaults } from '../../profile/check/faults.ts';
import { problemsOf } from '../../profile/check/issues.ts';
import { bendsLinks, needsLinks, othersOf, readsRequests } from '../../profile/links.ts';
import { type FaultEntry, faultNames, targetText } from '../../profile/schema/fault.ts';
import { profileSchema } from '../../profile/schema/schema.ts';
import type { SetUp } from '../../profile/targets.ts';
import { parseProfile, parseValue } from '../../profile/text/parse.ts';
import { plain } from '../../profile/text/tree.ts';
import type { StandingSettings } from './settings.ts';

export interface FaultOrder {
  readonly do: string;
  /** A name, a word, or names with commas. */
  readonly target: string;
  readonly for?: string;
  /** `torn=true`. */
  readonly parameters: readonly string[];
}

const schema = z.strictObject({ faults: profileSchema.shape.faults });

/**
 * @param id names the deed; with the seed it decides whom a word like `one` means.
 * @throws ToolError `bad-order` (exit 2) with a line for each thing that is wrong.
 */
export function readOrder(order: FaultOrder, cluster: StandingSettings, id: string, seed: number): FaultPlan {
  const fault = entryOf(order);
  const setUp = setUpOf(cluster);
  if (typeof fault.target === 'object' && 'leader' in fault.target) {
    throw wrong([`target: ${targetText(fault.target)} is a partition of a run's topic; name a node instead`]);
  }
  const lines: string[] = [];
  checkFaults(wholeDraft({ ...setUp, faults: [fault] }), (path, message) =>
    lines.push(`${String(path.at(-1))}: ${message}`),
  );
  if (lines.length > 0) throw wrong(lines);
  return planOf(fault, id, chosenTarget(fault.target, setUp, id, seed));
}

/** The name of a link that stands on its own. */
export const linkName = 'link';

/** An order to a link that stands on its own: it is its only target, and all who connect are clients. */
export function readLinkOrder(order: FaultOrder, id: string, protocol?: string): FaultPlan {
  const fault = entryOf({ ...order, target: linkName });
  if (readsRequests(fault)) {
    const why = whyNotRead(fault, protocol);
    if (why !== undefined) throw wrong([why]);
    return planOf(fault, id, { type: 'nodes', nodes: [linkName] });
  }
  if (!bendsLinks(fault)) {
    const able = faultNames.filter((name) => needsLinks({ do: name }));
    throw wrong([`do: ${fault.do} is not done to a link: ${able.join(', ')}`]);
  }
  const others = othersOf(fault);
  if (others.some((name) => name !== 'clients')) {
    throw wrong([`from: a link on its own knows no '${others.join(', ')}': leave it out, all who connect are clients`]);
  }
  return planOf(fault, id, { type: 'nodes', nodes: [linkName] });
}

function whyNotRead({ do: name, parameters }: FaultEntry, protocol: string | undefined): string | undefined {
  const wire = protocol === undefined ? undefined : wireFace(protocol);
  if (wire === undefined) {
    return `do: ${name} needs a link that reads the protocol: start it with --protocol ${protocolNames().join(' or ')}`;
  }
  const rule = findFault(name)?.wired?.(parameters);
  const problem = rule && wire.wrong(rule);
  return problem && `${problem.key}: ${problem.message}`;
}

function entryOf(order: FaultOrder): FaultEntry {
  const names = order.target.split(',').map((name) => name.trim());
  const written = {
    at: '0%',
    do: order.do,
    target: names.length === 1 ? order.target : names,
    ...(order.for === undefined ? {} : { for: order.for }),
    ...Object.fromEntries(order.parameters.map(readParameter)),
  };
  const tree = parseProfile(JSON.stringify({ faults: [written] }), '');
  const parsed = schema.safeParse(plain(tree));
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, schema, tree);
    throw wrong(problems.map(({ path, message }) => `${String(path.at(-1))}: ${message}`));
  }
  const fault = parsed.data.faults[0];
  if (fault === undefined) throw new Error('an order is one fault');
  return fault;
}

function planOf(fault: FaultEntry, id: string, target: FaultPlan['target']): FaultPlan {
  return {
    id,
    do: fault.do,
    parameters: fault.parameters,
    target,
    asked: targetText(fault.target),
    trigger: { type: 'time', afterMs: 0 },
    ...(fault.for === undefined ? {} : { forMs: fault.for }),
  };
}

/** A cluster that nobody of ours works on. */
function setUpOf(cluster: StandingSettings): SetUp {
  const { topic, producers, consumers } = profileSchema.shape;
  return {
    cluster,
    topic: topic.parse(undefined),
    producers: { ...producers.parse(undefined), count: 0 },
    consumers: { ...consumers.parse(undefined), count: 0, groups: 0 },
  };
}

function readParameter(text: string): [string, unknown] {
  const equals = text.indexOf('=');
  if (equals < 1) throw wrong([`${text}: expected a parameter, name=value, such as torn=true`]);
  return [text.slice(0, equals), plain(parseValue(text.slice(equals + 1), { set: text }))];
}

function wrong(lines: readonly string[]): ToolError {
  return new ToolError(lines.join('\n'), {
    code: 'bad-order',
    hint: 'mqchaos list faults; docs/links.md and docs/broker.md',
  });
}
