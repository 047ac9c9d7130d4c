/** Random calls, each made on a volume, on an ordinary folder and on the oracle. */
import fc from 'fast-check';

export type Call =
  | { readonly do: 'mkdir' | 'unlink' | 'rmdir' | 'symlink' | 'fsyncFolder'; readonly path: string }
  | { readonly do: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'create' | 'open'; readonly path: string; readonly slot: number }
  | { readonly do: 'close' | 'fsync' | 'fdatasync'; readonly slot: number }
  | { readonly do: 'write' | 'writeSync' | 'zero'; readonly slot: number; readonly at: number; readonly length: number }
  | { readonly do: 'append'; readonly slot: number; readonly length: number }
  | { readonly do: 'truncate'; readonly slot: number; readonly size: number };

/** Few, so that most calls meet what earlier ones have left. */
const path = fc.constantFrom('a', 'b', 'p/a', 'p/a', 'p/b', 'r/a', 'p/r/a', 'p', 'r', 'p/r');
const slot = fc.nat(2);
const place = fc.oneof({ arbitrary: fc.nat(40), weight: 4 }, { arbitrary: fc.nat(9000), weight: 1 });

const someBytes = place.map((length) => length + 1);

/** Weighted so that most calls find what they are about. */
const call: fc.Arbitrary<Call> = fc.oneof(
  one(6, { do: fc.constantFrom('create', 'open'), path, slot }),
  one(2, { do: fc.constant('mkdir'), path: fc.constantFrom('p', 'p', 'r', 'p/r') }),
  one(6, { do: fc.constantFrom('write', 'writeSync', 'zero'), slot, at: place, length: someBytes }),
  one(3, { do: fc.constant('append'), slot, length: place }),
  one(3, { do: fc.constant('truncate'), slot, size: place }),
  one(4, { do: fc.constantFrom('fsync', 'fdatasync'), slot }),
  one(1, { do: fc.constant('close'), slot }),
  one(5, { do: fc.constantFrom('rename', 'rename', 'link'), path, to: path }),
  one(4, { do: fc.constantFrom('unlink', 'rmdir'), path }),
  one(1, { do: fc.constantFrom('symlink', 'unlink'), path: fc.constantFrom('l', 'p/l') }),
  one(3, { do: fc.constant('fsyncFolder'), path: fc.constantFrom('', 'p', 'r', 'p/r') }),
);

function one(weight: number, fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return { weight, arbitrary: fc.record(fields) as unknown as fc.Arbitrary<Call> };
}

/** What there may be before: in an empty volume most calls fail. */
const beginnings: readonly (readonly Call[])[] = [
  [],
  [
    { do: 'mkdir', path: 'p' },
    { do: 'create', path: 'a', slot: 0 },
    { do: 'create', path: 'p/a', slot: 1 },
  ],
  [
    { do: 'mkdir', path: 'p' },
    { do: 'mkdir', path: 'p/r' },
    { do: 'create', path: 'p/r/a', slot: 2 },
    { do: 'create', path: 'b', slot: 1 },
    { do: 'write', slot: 1, at: 0, length: 5000 },
  ],
];

/** The calls between two power cuts. */
export const life: fc.Arbitrary<readonly Call[]> = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(call, { minLength: 1, maxLength: 40, size: 'max' }))
  .map((parts) => parts.flat());

/** Different bytes for every length, so that one write is not taken for another. */
export function bytesOf(length: number): Buffer {
  return Buffer.alloc(length, `${length}:`);
}
