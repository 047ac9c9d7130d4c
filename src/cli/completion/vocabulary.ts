/** The names that values may have, from the registries: looked up when mqchaos is built. */
import { faults } from '../../faults/registry.ts';
import { measures } from '../../matrix/measures.ts';
import { products } from '../../products/registry.ts';
import { targetWords } from '../../profile/targets.ts';
import type { Vocabulary } from './tree.ts';

export function vocabulary(): Vocabulary {
  return {
    broker: products.map(({ name, summary }) => ({ word: name, description: summary })),
    fault: faults.map(({ name, summary }) => ({ word: name, description: summary })),
    measures: measures.map(({ name, title }) => ({ word: name, description: title })),
    target: targetWords.filter((word) => !/^(producer|consumer)/.test(word)).map((word) => ({ word })),
  };
}
