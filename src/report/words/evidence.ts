/** What the evidence of a fault says that a reader wants to know: what it took, where. By what it holds, not by its name. */
import { counted } from '../../counted.ts';
import type { RecordedFault } from '../record.ts';
import { linkText } from './link-evidence.ts';
import { size } from './size.ts';

type Evidence = Readonly<Record<string, unknown>>;

/** Files of a power cut that are named; there are as many as the log has segments. */
const mostFiles = 2;

/** One sentence a target that has something to say: `b1 lost 12.5 KiB that were not synced`. */
export function evidenceTexts({ evidence }: Pick<RecordedFault, 'evidence'>): string[] {
  return evidence.flatMap(({ target, ...controls }) =>
    Object.values(controls).flatMap((found) => {
      const said = isEvidence(found) ? phrases.flatMap((phrase) => phrase(found) ?? []) : [];
      return said.map((text) => `${String(target)} ${text}`);
    }),
  );
}

const phrases: readonly ((evidence: Evidence) => string | undefined)[] = [
  ({ droppedBytes, cut, bySize }) => {
    if (typeof droppedBytes !== 'number') return undefined;
    const files = listOf(cut).map(({ file, droppedBytes: bytes }) => `${String(file)} ${size(Number(bytes))}`);
    const more = files.length > mostFiles ? [`${files.length - mostFiles} more`] : [];
    const where = files.length === 0 ? '' : ` (${[...files.slice(0, mostFiles), ...more].join(', ')})`;
    if (droppedBytes > 0) return `lost ${size(droppedBytes)} not synced${where}`;
    return bySize === true ? 'lost nothing that the sizes of its files tell' : 'lost nothing: all was synced';
  },
  ({ removedFiles, removedBytes }) =>
    typeof removedBytes === 'number'
      ? `lost its disk: ${counted(Number(removedFiles), 'file')}, ${size(removedBytes)}`
      : undefined,
  ({ promoted, epoch }) =>
    typeof epoch === 'number' && promoted !== undefined ? `leads in epoch ${epoch}` : undefined,
  ({ fail, on }) => (fail === undefined ? undefined : `fails every ${listOf(on).join(' and ')} with ${String(fail)}`),
  ({ delayMs, on }) =>
    delayMs === undefined || on === undefined
      ? undefined
      : `${listOf(on).join('s and ')}s ${String(delayMs)} ms slower`,
  ({ hang, on }) => (hang === true ? `gets no answer to any ${listOf(on).join(' or ')}` : undefined),
  ({ damaged }) => {
    if (!Array.isArray(damaged)) return undefined;
    const places = listOf(damaged).map(({ path, bit, bytes }) =>
      bit === undefined ? `${String(bytes)} bytes of ${String(path)} zeroed` : `a bit of ${String(path)} flipped`,
    );
    const more = places.length > mostFiles ? [`${places.length - mostFiles} more`] : [];
    return `is damaged: ${[...places.slice(0, mostFiles), ...more].join(', ')}`;
  },
  ({ report }) => {
    const { met, done, unread, unreadBy } = isEvidence(report) ? report : {};
    if (typeof done !== 'number') return undefined;
    const kinds = isEvidence(unreadBy) ? ` (${Object.keys(unreadBy).join('; ')})` : '';
    const doubt = unread === 0 ? '' : `, and ${Number(unread)} could not be read${kinds}`;
    return `did it ${counted(done, 'time')}, of ${counted(Number(met), 'request')} met${doubt}`;
  },
  linkText,
];

function isEvidence(value: unknown): value is Evidence {
  return typeof value === 'object' && value !== null;
}

function listOf(value: unknown): readonly Evidence[] {
  return Array.isArray(value) ? value : [];
}
