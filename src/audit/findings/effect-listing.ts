/** Writes the lines about the effects of one group. */
import { none16, noPosition } from '../../journal/event.ts';
import type { CheckContext } from '../checks/check.ts';
import type { FaultRecord } from '../evidence/run-record.ts';
import type { Judged } from '../fates/effect-fates.ts';
import type { Processing, Processings } from '../fates/processings.ts';
import type { Latest } from '../history/effects.ts';
import { groupName } from '../history/strangers.ts';
import { eachBit } from '../structures/planes.ts';
import { type Attribution, attribute } from '../windows/attribution.ts';
import type { Finding } from './finding.ts';

/** The message that stands, and the newest that it stands over. */
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

  /** `more` may name another message than the one whose processing tells when it happened. */
  #line(name: Finding['class'], producer: number, seq: number, more: Partial<Finding>): void {
    const { history, findings, messageName } = this.#context;
    const processing = this.#processings.of(producer, seq);
    findings.list({
      class: name,
      message: messageName(producer, seq),
      group: groupName(history.groups, this.#group),
      ...more,
      ...(processing && placeAndTime(processing)),
      ...(processing && blame(history.record.faults, name, processing)),
    });
  }
}

/**
 * What came late was held up somewhere since it was sent; all else went wrong when it was processed. But an effect that was
 * doubled while no fault was in force may be of a message that had been sent twice under one.
 */
function blame(faults: readonly FaultRecord[], name: Finding['class'], processing: Processing): Attribution {
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
