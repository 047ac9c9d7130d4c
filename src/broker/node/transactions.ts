import type { NodeParts } from './parts.ts';

export const noTransactions = 'the bundled broker has no transactions: use it without a transactional.id';

/** Says on the terminal why a producer, or Kafka Streams with exactly-once, does not start here. */
export function tellOfTransactions({ world }: NodeParts, transactionalId = ''): void {
  world.notice(`transactional.id '${transactionalId.slice(0, 100)}' is refused: ${noTransactions}`);
}
