/** What the words and keys of a schema are usually called elsewhere: kept beside the schema, for errors alone. */
import { z } from 'zod';
import type { UsualWords } from '../../suggest.ts';

export const usualWords = z.registry<UsualWords>();
