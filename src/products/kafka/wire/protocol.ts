/** The protocol of one link: rules come as orders, and connections are read by them. */
import type { Intercepted, Interceptor, Outlet, Protocol } from '../../../link/interceptor.ts';
import type { Details } from '../../../link/orders.ts';
import { obeyRules } from '../../../link/wire/orders.ts';
import { RuleBook } from '../../../link/wire/rule-book.ts';
import { WireConnection } from './connection.ts';

export class KafkaWire implements Protocol {
  readonly #book = new RuleBook();

  intercept(connection: Intercepted, outlet: Outlet): Interceptor {
    return new WireConnection(connection, outlet, this.#book);
  }

  rules(order: Details): Details {
    return obeyRules(this.#book, order);
  }
}
