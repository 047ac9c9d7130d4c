/** Orders to what stands on its own, a cluster or a link, from another terminal; and how their answers are told. */
import { evidenceTexts } from '../report/words/evidence.ts';
import { giveOrder, reach } from '../run/standing/client.ts';
import type { Order } from '../run/standing/control.ts';
import type { FaultState } from '../run/standing/faults.ts';
import type { StandingKind } from '../run/standing/folder.ts';
import { type OutputOptions, terminalOf } from './options.ts';
import { shownPath } from './shown-path.ts';
import { asCalled } from './terminal.ts';

export interface OrderOptions extends OutputOptions {
  readonly folder?: string;
  readonly for?: string;
}

/** The lines of the answers, one after the other as they come; or all in one document. */
export async function order(
  kind: StandingKind,
  given: Order,
  options: OrderOptions,
  lines: (kind: StandingKind, said: Record<string, unknown>) => readonly string[],
): Promise<void> {
  const terminal = terminalOf(options);
  let document = {};
  using reached = await reach(kind, options.folder);
  if (given.order !== 'status') terminal.say(`${kind.what} ${shownPath(reached.folder)}`);
  for await (const said of giveOrder(given, reached)) {
    document = { ...document, ...said };
    if (options.json !== true) terminal.result(asCalled(lines(kind, said).join('\n')));
  }
  if (options.json === true) terminal.result(JSON.stringify(document, undefined, 2));
}

interface Told {
  readonly id: string;
  readonly do: string;
  readonly targets: readonly string[];
  readonly evidence: readonly Record<string, unknown>[];
  readonly inForce: boolean;
}

export function faultLines({ command }: StandingKind, said: Record<string, unknown>): string[] {
  if (!('injected' in said)) return ['▲ healed', ...evidenceLines(said.healed), ...missedLines(said.missed)];
  const { id, do: name, targets, evidence, inForce } = said.injected as Told;
  return [
    `▼ ${id} ${name} ${targets.join(', ')}${inForce ? `   (${command} heal ${id})` : ''}`,
    ...evidenceLines(evidence),
  ];
}

/** Why the fault has not done what it names. */
function missedLines(missed: unknown): string[] {
  return typeof missed === 'string' ? [`  ✗ ${missed}`] : [];
}

function evidenceLines(evidence: unknown): string[] {
  const told = Array.isArray(evidence) ? (evidence as Told['evidence']) : [];
  return evidenceTexts({ evidence: told }).map((text) => `  ${text}`);
}

export function healLines(_: StandingKind, said: Record<string, unknown>): string[] {
  const healed = said.healed as readonly (Pick<Told, 'id' | 'evidence'> & { readonly missed?: string })[];
  if (healed.length === 0) return ['no fault is in force'];
  return healed.flatMap(({ id, evidence, missed }) => [
    `▲ ${id} healed`,
    ...evidenceLines(evidence),
    ...missedLines(missed),
  ]);
}

/** A fault that is in force. */
export function faultState({ id, do: name, targets, forMs, leftMs }: FaultState, command: string): string {
  const left = leftMs === undefined ? `${command} heal ${id}` : `${(leftMs / 1000).toFixed(1)} s left`;
  return `▼ ${id} ${name} ${targets.join(', ')} for ${(forMs / 1000).toFixed(1)} s (${left})`;
}

/** The first signal that asks us to end; a second one leaves at once, and the reaper undoes what is left. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (name: NodeJS.Signals): void => {
      if (asked) process.exit(name === 'SIGINT' ? 130 : 143);
      asked = true;
      resolve(name);
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  });
}
