import { fetch } from '../../../src/broker/wire/apis/records.ts';

/** Fetch in the last version that names topics by name: the id that is given beside it is not sent. */
export const fetchByName: typeof fetch = { ...fetch, max: 12 };
