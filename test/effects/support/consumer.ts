/** Processing of messages in another process, until all are done, however often it is killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageFolder } from '../../../src/cluster/program.ts';
import type { EffectAccess } from '../../../src/effects/effects.ts';
import type { EffectMessage } from '../../../src/effects/message.ts';
import type { Stop } from '../../../src/effects/points.ts';
import type { EffectSettings } from '../../../src/effects/settings.ts';

export interface Processing {
  /** What `apply` said of each message the last time that it said anything. */
  readonly outcomes: readonly string[];
  readonly kills: number;
}

/** Called when the process has told of so many messages over all incarnations: may kill it at an instant of its own choice. */
export type Strike = (child: ChildProcess, done: number) => void;

interface Incarnation {
  readonly config: object;
  told(outcome: string, child: ChildProcess): void;
}

const program = join(packageFolder, 'test/effects/support/applier.mjs');

/**
 * Processes the messages; killed at each stop in turn (its count is from the incarnation's own start), the next one
 * begins with the message that was not acknowledged.
 */
export async function consume(
  settings: EffectSettings,
  access: EffectAccess,
  messages: readonly EffectMessage[],
  stops: readonly Stop[] = [],
  strike: Strike = () => {},
): Promise<Processing> {
  const outcomes: string[] = [];
  let kills = 0;
  while (outcomes.length < messages.length) {
    const stop = stops[kills];
    const from = outcomes.length;
    const signal = await incarnation({
      config: { settings, access, messages: messages.slice(from), stops: stop === undefined ? [] : [stop] },
      told: (outcome, child) => {
        outcomes.push(outcome);
        strike(child, outcomes.length);
      },
    });
    if (signal === 'SIGKILL') kills += 1;
    else if (outcomes.length < messages.length) throw new Error('the applier ended before it was done');
  }
  return { outcomes, kills };
}

async function incarnation({ config, told }: Incarnation): Promise<unknown> {
  const child = fork(program, { stdio: 'inherit' });
  child.on('message', ({ outcome }: { outcome: string }) => told(outcome, child));
  // what it said last may come after its exit: the channel is read to its end
  const silent = once(child, 'disconnect');
  const ended = once(child, 'exit');
  child.send(config);
  await silent;
  const [, signal] = await ended;
  return signal;
}
