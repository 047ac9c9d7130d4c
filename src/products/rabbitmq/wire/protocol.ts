/** The protocol of one link: rules come as orders, and connections are read by them. */
import type { Intercepted, Interceptor, Outlet, Protocol } from '../../../link/interceptor.ts';
import type { Details } from '../../../link/orders.ts';
import { obeyRules } from '../../../link/wire/orders.ts';
import { RuleBook } from '../../../link/wire/rule-book.ts';
import { AmqpConnection } from './connection.ts';
import { publish, sendNames } from './face.ts';

export class AmqpWire implements Protocol {
  readonly #book = new RuleBook();

  intercept(connection: Intercepted, outlet: Outlet): Interceptor {
    return new AmqpConnection(connection, outlet, this.#book);
  }

  rules(order: Details): Details {
    const { add } = order as { readonly add?: { readonly api?: unknown } };
    const isSend = add?.api === undefined || sendNames.includes(String(add.api));
    return obeyRules(this.#book, add !== undefined && isSend ? { ...order, add: { ...add, api: publish } } : order);
  }
}
