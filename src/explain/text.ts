/** A story for a person at a terminal: what happened in order of time, what did not, and the conclusion last. */

import type { Paint } from '../report/terminal.ts';
import { longest, wrap } from '../report/words/layout.ts';
import { shortGroup } from '../report/words/phrases.ts';
import { plain } from '../report/words/plain.ts';
import { placeText } from './case.ts';
import type { PlaceRead, Story, StoryEvent } from './story.ts';

/** A message that came again and again has many; `--json` has all. */
const mostEvents = 60;
const mostLogLines = 10;

/** What a story is written on: colours, and the columns of its lines (see `columnsFor`). */
export interface Page {
  readonly paint: Paint;
  readonly columns: number;
}

export function renderStory(story: Story, page: Page): string {
  const { paint, columns } = page;
  const blocks = [
    [heading(story, paint)],
    timeline(story, page),
    [
      ...story.absences.flatMap((text) => bullet('–', text, columns)),
      ...story.places.flatMap((place) => bullet('·', placeReadText(place), columns)),
    ],
    logBlock(story, page),
    story.damaged.length === 0
      ? []
      : [`  ${paint.yellow('damaged')}`, ...story.damaged.flatMap((text) => wrap(text, 4, columns))],
    conclusionLines(story, page),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The conclusion alone, and the command that tells the rest. */
export function renderShort(story: Story, name: string, command: string, page: Page): string {
  const { paint } = page;
  return [
    `${paint.bold(name)}  ${plain(story.message)}`,
    ...conclusionLines(story, page),
    `  ${paint.dim('all of it')}  ${command}`,
  ].join('\n');
}

function heading({ message, findings, outcome }: Story, paint: Paint): string {
  const classes = [...new Set((findings ?? []).map(({ class: name }) => name))].join(', ');
  const what = findings === null ? `${outcome}, not audited` : classes === '' ? 'nothing found' : classes;
  return `${paint.bold(plain(message))}  ${what}`;
}

function timeline({ events, topic }: Story, { paint, columns }: Page): string[] {
  const shown = events.slice(0, mostEvents);
  const times = shown.map(({ atNs }) => `${(atNs / 1e9).toFixed(4)} s`);
  const actors = shown.map((event) => (event.what === 'fault' ? event.fault : event.by));
  const timeWidth = longest(times);
  const indent = timeWidth + longest(actors) + 6;
  const lines = shown.flatMap((event, at) => {
    const [first = '', ...rest] = wrap(eventText(event, topic), indent, columns);
    const actor = actors[at] ?? '';
    const start = `  ${paint.dim((times[at] ?? '').padStart(timeWidth))}  ${actor.padEnd(indent - timeWidth - 4)}`;
    return [`${start}${first.slice(indent)}`, ...rest];
  });
  const more = events.length - shown.length;
  return more > 0 ? [...lines, `  … and ${more} more events: --json has all`] : lines;
}

function eventText(event: StoryEvent, topic: string): string {
  switch (event.what) {
    case 'sent':
      return `sends it: attempt ${event.attempt}, ${event.partition === undefined ? '' : `to partition ${event.partition}, `}${event.sizeBytes} bytes`;
    case 'answered': {
      const reason = event.reason === undefined ? '' : ` (${event.reason})`;
      const where = event.position === undefined ? '' : ` ${placeText(event)}`;
      return `attempt ${event.attempt} ${event.outcome}${reason}${where}, after ${milliinstant(event.latencyUs)}`;
    }
    case 'disowned':
      return 'contradicts its own answer, so that none of them counts';
    case 'received': {
      const flags = event.flags.length === 0 ? '' : `, ${event.flags.join(', ')}`;
      const attempt = event.sendAttempt > 1 ? `, sent by attempt ${event.sendAttempt}` : '';
      const tries = event.try > 1 ? `, try ${event.try}` : '';
      return `receives it for ${shortGroup(event.group, topic)} ${placeText(event)}${tries}${attempt}${flags}`;
    }
    case 'failed':
      return `try ${event.try} at processing fails${event.cause === 'store' ? ': the store of the effects is away' : ''}`;
    case 'scheduled':
      return `try ${event.try} is to be repeated in ${event.delayMs} ms`;
    case 'dead-lettered':
      return `moves it to the dead letters of ${shortGroup(event.group, topic)} after try ${event.try}`;
    case 'effect':
      return `its effect is ${event.effect} by the store${event.try > 1 ? `, try ${event.try}` : ''}`;
    case 'commit': {
      const to = event.position === undefined ? '' : `position ${event.position}`;
      return `commit of ${to} for ${shortGroup(event.group, topic)} ${event.step}`;
    }
    case 'stored':
      return `reads it ${placeText(event)}${event.sendAttempt > 1 ? `, sent by attempt ${event.sendAttempt}` : ''}`;
    case 'dead':
      return `it is in the dead letter topic of ${shortGroup(event.group, topic)}, try ${event.try}`;
    case 'held':
      return `the store of ${shortGroup(event.group, topic)} holds ${heldText(event)}`;
    case 'fault': {
      const took = event.took.length === 0 ? '' : `: ${event.took.join('; ')}`;
      return `${event.do} ${event.targets.join(', ')} ${event.step}${took}`;
    }
    case 'ended':
      return `${event.worker} ended by ${event.signal ?? `exit code ${event.exitCode}`}`;
  }
}

function heldText({ holding, count }: Extract<StoryEvent, { what: 'held' }>): string {
  if (holding === 'effect') return `its effect ${count === 1 ? 'once' : `${count} times`}`;
  return holding === 'latest' ? 'it as the latest under its key' : 'something of it that no message made';
}

function placeReadText({ partition, position, holds, message }: PlaceRead): string {
  const where = `position ${position} of partition ${partition}`;
  switch (holds) {
    case 'itself':
      return `${where}: the independent reader found it there`;
    case 'another':
      return `${where}: the independent reader found ${message ?? 'something that names no message'} there`;
    case 'nothing':
      return `${where}: the independent reader found nothing there`;
    case 'unread':
      return `${where}: the independent reader did not read so far`;
    case 'none':
      return `${where}: nobody read the log independently`;
  }
}

function logBlock({ logs }: Story, { paint, columns }: Page): string[] {
  if (logs.length === 0) return [];
  const width = longest(logs.map(({ node }) => node));
  const lines = logs.slice(0, mostLogLines).map(({ node, atNs, text }) => {
    const line = `    ${(atNs / 1e9).toFixed(3)} s  ${node.padEnd(width)}  ${text}`;
    return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
  });
  const more = logs.length - lines.length;
  const rest = more > 0 ? [`    … and ${more} more lines: --json has them`] : [];
  return [`  ${paint.dim("the brokers' logs around it")}`, ...lines, ...rest];
}

const certainties = { proved: 'proved by', likely: 'likely, by', unknown: 'not known; what there is:' } as const;

function conclusionLines({ conclusion }: Story, { paint, columns }: Page): string[] {
  const { sentence, certainty, by } = conclusion;
  const rests = by.length === 0 ? 'not known' : `${certainties[certainty]} ${by.join(', ')}`;
  return [
    ...wrap(sentence, 2, columns).map((line) => paint.bold(line)),
    ...wrap(rests, 2, columns).map((line) => paint.dim(line)),
  ];
}

function bullet(mark: string, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrap(text, 4, columns);
  return [`  ${mark} ${first.slice(4)}`, ...rest];
}

function milliinstant(us: number): string {
  return us < 10_000 ? `${(us / 1000).toFixed(1)} ms` : `${Math.round(us / 1000)} ms`;
}
