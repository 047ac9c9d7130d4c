/** What else happened around a message: faults, and workers of its own that were killed. */
import type { Finding } from '../audit/audit.ts';
import type { FaultRecord, RunRecord as RunnerRecord } from '../audit/evidence/run-record.ts';
import { nextFault } from '../audit/windows/attribution.ts';
import { evidenceTexts } from '../report/words/evidence.ts';
import type { StoryEvent } from './story.ts';

/** A plan may repeat a fault thousands of times. */
const mostFaults = 6;
const runnerJournal = { journal: 'runner.journal' } as const;

/** Events of what the message itself went through, not of who looked for it afterwards. */
export function isOwn({ what }: StoryEvent): boolean {
  return what !== 'stored' && what !== 'dead' && what !== 'held';
}

/** The faults that findings name, the one that took it, those in force meanwhile, and the next after its answer. */
export function faultsAround(
  runner: RunnerRecord,
  events: readonly StoryEvent[],
  findings: readonly Finding[],
  took?: string,
): FaultRecord[] {
  const times = events.filter(isOwn).map(({ atNs }) => atNs);
  if (times.length === 0) return [];
  const [fromNs, toNs] = [Math.min(...times), Math.max(...times)];
  const named = new Set(findings.flatMap(({ fault, otherFaults }) => [fault, ...(otherFaults ?? [])]));
  named.add(took);
  const answeredNs = events.findLast(({ what }) => what === 'answered')?.atNs ?? toNs;
  const next = nextFault(runner.faults, answeredNs);
  const overlaps = ({ injectingNs, healedNs }: FaultRecord): boolean =>
    injectingNs !== undefined && injectingNs <= toNs && (healedNs ?? toNs) >= fromNs;
  const around = runner.faults.filter((fault) => named.has(fault.id) || overlaps(fault) || fault === next);
  const rank = (fault: FaultRecord): number => (named.has(fault.id) ? -1 : distance(fault, answeredNs));
  return around.sort((a, b) => rank(a) - rank(b)).slice(0, mostFaults);
}

function distance({ injectingNs = Number.POSITIVE_INFINITY }: FaultRecord, atNs: number): number {
  return Math.abs(injectingNs - atNs);
}

export function faultEvents(faults: readonly FaultRecord[]): StoryEvent[] {
  return faults.flatMap((fault) => {
    const { id: name, targets, injectingNs, injectedNs, healedNs } = fault;
    const steps = [
      ['injecting', injectingNs],
      ['injected', injectedNs],
      ['healed', healedNs],
    ] as const;
    return steps.flatMap(([step, atNs]): StoryEvent[] => {
      if (atNs === undefined) return [];
      const took = step === 'injected' ? evidenceTexts(fault) : [];
      const common = { what: 'fault', step, fault: name, do: fault.do, targets, took } as const;
      return [{ atNs, by: 'runner', from: runnerJournal, ...common }];
    });
  });
}

/** The ends of the workers that had to do with it, where they did not end by themselves. */
export function endings({ workers }: RunnerRecord, events: readonly StoryEvent[]): StoryEvent[] {
  const own = new Set(events.filter(isOwn).map(({ by }) => by));
  return workers.flatMap(({ name, exitedNs, signal = null, exitCode = null }): StoryEvent[] => {
    if (!own.has(name) || exitedNs === undefined || signal === null) return [];
    return [{ atNs: exitedNs, by: 'runner', from: runnerJournal, what: 'ended', worker: name, signal, exitCode }];
  });
}
