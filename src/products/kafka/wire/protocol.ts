/** The protocol of one link: rules come as orders, and connections are read by them. */
import type { Intercepted, Interceptor, LinkTarget, Outlet, Protocol } from '../../../link/interceptor.ts';
import type { Details } from '../../../link/orders.ts';
import { obeyRules } from '../../../link/wire/orders.ts';
import { RuleBook } from '../../../link/wire/rule-book.ts';
import { NameAsker } from './ask.ts';
import { WireConnection } from './connection.ts';
import { Reading } from './reading.ts';
import { TopicNames } from './topic-names.ts';

/** All links of the process have them together: what one has learned the others need not ask. */
const names = new TopicNames();

export class KafkaWire implements Protocol {
  readonly #book = new RuleBook();
  readonly #reading: Reading;

  constructor(node: LinkTarget) {
    const asker = new NameAsker(names, node);
    this.#reading = new Reading(names, (ids) => asker.ask(ids));
  }

  intercept(connection: Intercepted, outlet: Outlet): Interceptor {
    return new WireConnection(connection, outlet, this.#book, this.#reading);
  }

  rules(order: Details): Details {
    return obeyRules(this.#book, order);
  }
}
