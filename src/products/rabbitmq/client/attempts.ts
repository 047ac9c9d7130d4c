/** How often a message was tried, as the broker counts it in headers that it adds. */
import type { Message } from 'amqplib';

/**
 * From 1. With redelivery by a wait queue, the times that it was rejected; else, of quorum queues, the times that it was
 * given back (`x-delivery-count`), by consumers that died as well. Classic queues do not count.
 */
export function attemptOf(message: Message, queue: string, counted: boolean): number {
  return 1 + (counted ? failuresOf(message, queue) : wholeOf(headersOf(message)['x-delivery-count']));
}

/** `x-death` has one entry for each queue and reason, with a count. */
export function failuresOf(message: Message, queue: string): number {
  const deaths = headersOf(message)['x-death'];
  if (!Array.isArray(deaths)) return 0;
  const entries = deaths as readonly { queue?: unknown; reason?: unknown; count?: unknown }[];
  return wholeOf(entries.find((entry) => entry.queue === queue && entry.reason === 'rejected')?.count);
}

function headersOf({ properties }: Message): Readonly<Record<string, unknown>> {
  return (properties.headers ?? {}) as Readonly<Record<string, unknown>>;
}

function wholeOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}
