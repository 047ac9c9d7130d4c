/** What a user calls a message: as findings, journals or reports print it, or a line of them. */
import { ToolError } from '../errors.ts';

/** A message as it was called; `writer` is a worker, an incarnation of one (`p1.1`), or a producer's number. */
export interface MessageName {
  readonly writer: string;
  readonly seq: number;
}

export interface ProducerJournal {
  readonly producer: number;
  /** `p1.1` */
  readonly writer: string;
  /** How many messages it attempted: their sequences are below. */
  readonly messages: () => number;
}

const hint = 'a message is called as findings.ndjson calls it: p1.1#41, or p1:41';

/** @throws ToolError `usage` (exit 2) for what is no name of a message. */
export function parseMessage(text: string): MessageName {
  const given = text.trim();
  if (given.startsWith('{')) return ofLine(given);
  const found = /^(?:producer[- ]?)?([^\s#:/@]+)[#:/@](\d+)$/i.exec(given.replace(/,$/, '').replace(/^"(.*)"$/, '$1'));
  const [, writer, seq] = found ?? [];
  if (writer === undefined || seq === undefined || Number(seq) > 0xffffffff) throw noName(text);
  return { writer, seq: Number(seq) };
}

/** Whether a text can be meant as one. */
export function isMessageName(text: string): boolean {
  try {
    parseMessage(text);
    return true;
  } catch {
    return false;
  }
}

/** The producer that is meant. @throws ToolError `no-such-message`, `ambiguous-message` (exit 2). */
export function findProducer({ writer, seq }: MessageName, producers: readonly ProducerJournal[]): ProducerJournal {
  const exact = producers.filter((each) => each.writer === writer);
  const lives = producers.filter((each) => each.writer.startsWith(`${writer}.`));
  const numbered = /^\d+$/.test(writer) ? producers.filter(({ producer }) => producer === Number(writer)) : [];
  const called = [exact, lives, numbered].find((some) => some.length > 0) ?? [];
  const holding = called.filter(({ messages }) => seq < messages());
  if (holding.length > 1) {
    throw new ToolError(`${writer} sent a message ${seq} in ${holding.length} of its lives`, {
      code: 'ambiguous-message',
      hint: `one of: ${holding.map((each) => `${each.writer}:${seq}`).join(', ')}`,
    });
  }
  // what was received and never sent has a sequence that no journal begins
  const only = holding[0] ?? (called.length === 1 ? called[0] : undefined);
  if (only !== undefined) return only;
  // a message may name a producer that nobody knows
  if (/^\d+$/.test(writer)) return { producer: Number(writer), writer: `producer-${writer}`, messages: () => 0 };
  if (producers.length === 0) {
    throw noSuchMessage(
      `${writer}:${seq}`,
      'no journal of a producer could be read; what is damaged says: mqchaos audit RUN',
    );
  }
  const known = producers.map((each) => `${each.writer}:0 to ${each.writer}:${Math.max(0, each.messages() - 1)}`);
  const more = known.length > mostNamed ? [`${known.length - mostNamed} producers more`] : [];
  throw noSuchMessage(`${writer}:${seq}`, `messages are ${[...known.slice(0, mostNamed), ...more].join(', ')}`);
}

const mostNamed = 4;

export function noSuchMessage(name: string, next: string): ToolError {
  return new ToolError(`there is no message ${name} in this run`, { code: 'no-such-message', hint: next });
}

/** A line of findings.ndjson (`message`) or of `mqchaos journal` (`producer`, `seq`). */
function ofLine(text: string): MessageName {
  let line: { message?: unknown; producer?: unknown; seq?: unknown };
  try {
    line = JSON.parse(text) as typeof line;
  } catch {
    throw noName(text);
  }
  if (typeof line.message === 'string' && !line.message.startsWith('{')) return parseMessage(line.message);
  if (Number.isInteger(line.producer) && Number.isInteger(line.seq))
    return { writer: String(line.producer), seq: Number(line.seq) };
  throw noName(text);
}

function noName(text: string): ToolError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new ToolError(`"${shown}" names no message`, { code: 'usage', hint });
}
