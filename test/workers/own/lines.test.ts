import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../src/workers/own/lines.ts';

async function linesOf(chunks: readonly Buffer[], mostBytes = 1000): Promise<{ lines: string[]; tooLong: string[] }> {
  const lines: string[] = [];
  const tooLong: string[] = [];
  const stream = new PassThrough();
  const read = readLines(stream, mostBytes, {
    line: (line) => lines.push(line),
    tooLong: (beginning) => tooLong.push(beginning),
    pause: () => {},
  });
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await read;
  return { lines, tooLong };
}

describe('lines', () => {
  it('are the same however the stream is cut', async () => {
    const text = fc.array(fc.string({ unit: 'binary' }).filter((line) => !/[\r\n]/.test(line)));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200)), async (said, cuts) => {
        const bytes = Buffer.from(said.map((line) => `${line}\n`).join(''));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i] as number, end));
        const expected = said.map((line) => Buffer.from(line).toString('utf8'));
        expect((await linesOf(chunks, 100_000)).lines).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('end with \\n or \\r\\n; what was not said to its end is none', async () => {
    expect((await linesOf([Buffer.from('a\r\nb\n\nc')])).lines).toEqual(['a', 'b', '']);
  });

  it.each([1, 7, 5000])(
    'of more than the bound are dropped, and the next one is heard (chunks of %i)',
    async (size) => {
      const bytes = Buffer.from(`first\n${'x'.repeat(3000)}\nlast\n`);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { lines, tooLong } = await linesOf(chunks);
      expect(lines).toEqual(['first', 'last']);
      expect(tooLong).toEqual(['x'.repeat(200)]);
    },
  );
});
