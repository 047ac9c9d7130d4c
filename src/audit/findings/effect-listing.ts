/** Lists the findings about the effects of one group. */
import { none16, noPosition } from '../../journal/event.ts';
import type { CheckContext } from '../checks/check.ts';
import type { Judged } from '../fates/effect-fates.ts';
import type { Processing, Processings } from '../fates/processings.ts';
import type { Latest } from '../history/effects.ts';
import { groupName } from '../history/strangers.ts';
import { eachBit } from '../structures/planes.ts';
import { type Attribution, attribute } from '../windows/attribution.ts';
import type { FaultAudit } from '../windows/faults.ts';
import type { Finding } from './finding.ts';

/** The message whose effect the store holds, and the newest message whose effect it replaced. */
export type Stale = Latest & { readonly newest: number };

export class EffectListing {
  readonly #context: CheckContext;
  readonly #group: number;
  readonly #processings: Processings;

  constructor(context: CheckContext, group: number, processings: Processings) {
    this.#context = context;
    this.#group = group;
    this.#processings = processings;
  }

  range({ again, none, lost, stray }: Judged, stale: readonly Stale[], fromWord: number, toWord: number): void {
    const { producers, layout, effects } = this.#context.history;
    for (const { producer } of producers) {
      const base = layout.base[producer] as number;
      const words = Math.ceil((layout.top[producer] as number) / 32);
      for (let word = Math.max(base, fromWord); word < Math.min(base + words, toWord); word += 1) {
        const first = (word - base) * 32;
        eachBit(again[word] as number, (bit) => {
          const times = effects.times(this.#group, producer, first + bit);
          this.#line('duplicate-effect', producer, first + bit, { times });
        });
        eachBit(none[word] as number, (bit) => this.#line('unprocessed', producer, first + bit, {}));
        eachBit(lost[word] as number, (bit) => this.#line('dead-letter-lost', producer, first + bit, {}));
        eachBit(stray[word] as number, (bit) => this.#line('phantom-effect', producer, first + bit, {}));
      }
    }
    for (const { producer, seq, newest } of stale) {
      const word = (layout.base[producer] as number) + (seq >>> 5);
      if (word < fromWord || word >= toWord) continue;
      const { messageName } = this.#context;
      const by = messageName(producer, seq);
      this.#line('stale-overwrite', producer, seq, { message: messageName(producer, newest), by });
    }
  }

  /** `producer` and `seq` are of the message whose processing gives the time. `more` may name another message. */
  #line(name: Finding['class'], producer: number, seq: number, more: Partial<Finding>): void {
    const { history, faults, findings, messageName } = this.#context;
    const processing = this.#processings.of(producer, seq);
    findings.list({
      class: name,
      message: messageName(producer, seq),
      group: groupName(history.groups, this.#group),
      ...more,
      ...(processing && placeAndTime(processing)),
      ...(processing && blame(faults, name, processing)),
    });
  }
}

/**
 * The faults that may have caused a finding. A stale overwrite came from a message that was delayed at any time since
 * it was sent. Any other finding came from its processing; but an effect that was doubled while no fault was in force
 * may be of a message that was sent twice during a fault.
 */
function blame(faults: readonly FaultAudit[], name: Finding['class'], processing: Processing): Attribution {
  const { sentNs, firstNs, untilNs } = processing;
  if (name === 'stale-overwrite') return attribute(faults, sentNs, untilNs);
  const processed = attribute(faults, firstNs, untilNs);
  return name === 'duplicate-effect' && processed.when !== 'during' ? attribute(faults, sentNs, untilNs) : processed;
}

function placeAndTime({ partition, position, firstNs, applied }: Processing): Partial<Finding> {
  return {
    partition: partition === none16 ? undefined : partition,
    position: position === noPosition ? undefined : position,
    receivedAtNs: firstNs,
    applied,
  };
}
