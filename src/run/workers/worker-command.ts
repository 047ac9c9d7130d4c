/**
 * The command of a worker of the user's own, as the runner sees it: the group of processes that a fault acts on. The
 * worker's recorder is not hurt with it, so that what the command had said is on record; only a pause stops both.
 */
import type { Evidence } from '../../cluster/controls.ts';
import { processStart } from '../../cluster/proc.ts';
import { signalGroup } from '../../cluster/process.ts';
import { pauseGroup, pauseProcess, resumeGroup, resumeProcess } from '../../cluster/signals.ts';
import type { CommandEnd, WorkerConfig } from '../../workers/config.ts';

export class WorkerCommand {
  readonly pid: number;
  readonly #recorder: number;
  readonly #start: string | undefined;
  /** How it has ended, once its recorder has told. */
  end: CommandEnd | undefined;
  /** It has said something of which nobody knows what it was meant to say. */
  hasLost = false;

  constructor(pid: number, recorder: number) {
    this.pid = pid;
    this.#recorder = recorder;
    this.#start = processStart(pid);
  }

  /** False when it is gone; a process that has its number since is not touched. */
  signal(signal: NodeJS.Signals): boolean {
    const start = processStart(this.pid);
    return (start === undefined || start === this.#start) && signalGroup(this.pid, signal);
  }

  /** The recorder first: it counts deadlines, and nobody is late by a pause. */
  async pause(): Promise<Evidence> {
    await pauseProcess(this.#recorder);
    return pauseGroup(this.pid);
  }

  async resume(): Promise<Evidence> {
    const evidence = await resumeGroup(this.pid);
    await resumeProcess(this.#recorder);
    return evidence;
  }
}

/** Why receipts of a command may be missing from the journal of its recorder. */
export function incompleteness(
  { own, work }: WorkerConfig,
  command: WorkerCommand | undefined,
): { readonly incomplete?: string } {
  if (own === undefined || work.role !== 'consumer' || command === undefined) return {};
  if (command.hasLost) return { incomplete: 'lines of its command could not be used, so receipts may be missing' };
  if (command.end !== undefined) return {};
  return { incomplete: 'its recorder did not end in order, so what its command had said last may be missing' };
}
