/** The places that records name: how far they reach in each partition, and a few of those acknowledged. */
import { none16, noPosition } from '../../event.ts';
import { type Place, routeOf } from '../place-bits.ts';

const mostSamples = 1000;

export class NamedPlaces {
  readonly samples: (Place & { readonly id: string })[] = [];
  readonly #spans = new Map<number, { first: number; last: number }>();

  see(place: Place): void {
    const { topic, partition, position } = place;
    if (position === noPosition || partition === none16) return;
    const route = routeOf(topic, partition);
    const span = this.#spans.get(route);
    if (span === undefined) this.#spans.set(route, { first: position, last: position });
    else {
      span.first = Math.min(span.first, position);
      span.last = Math.max(span.last, position);
    }
  }

  acked(place: Place, id: string): void {
    if (this.samples.length < mostSamples && place.position !== noPosition && place.partition !== none16) {
      const { topic, partition, position } = place;
      this.samples.push({ topic, partition, position, id });
    }
  }

  get any(): boolean {
    return this.#spans.size > 0;
  }

  /** Between the first and the last place that the records name in its partition. */
  spans({ topic, partition, position }: Place): boolean {
    const span = this.#spans.get(routeOf(topic, partition));
    return span !== undefined && position >= span.first && position <= span.last;
  }
}
