/**
 * Tells the story of single messages of a run. Reads the run's files and changes none, but for the indexes beside the
 * journals; asks no broker.
 */
import { existsSync } from 'node:fs';
import type { Finding } from '../audit/audit.ts';
import type { FindingClass } from '../audit/class.ts';
import type { OutcomeName } from '../journal/event.ts';
import type { ClusterPlan } from '../products/cluster.ts';
import { left, type PowerCutLoss } from '../products/left.ts';
import { absencesOf } from './absences.ts';
import { ackOf, type Case } from './case.ts';
import { conclude } from './conclude.ts';
import { findingsOf } from './findings-of.ts';
import { commitsBehind, eventsOf, lifeOf } from './life.ts';
import { logLines } from './log-lines.ts';
import { findProducer, noSuchMessage, parseMessage } from './message-name.ts';
import { placesOf } from './places.ts';
import { RunRecords } from './records.ts';
import { type LogLine, type Story, type StoryEvent, storyVersion } from './story.ts';
import { endings, faultEvents, faultsAround, isOwn } from './surroundings.ts';

/** A fault's step is near a message within this time. */
const nearNs = 2e9;

/** The files of a run, as its folder has them. */
export interface RunFiles {
  readonly journals: readonly string[];
  /** findings.ndjson; need not be there. */
  readonly findings: string;
  /** Folder of the nodes; need not be there. */
  readonly nodes: string;
  /** The plan's cluster; absent: not known. */
  readonly cluster?: ClusterPlan;
  /** Why it is not. */
  readonly noCluster?: string;
}

/** Questions about the messages of one run. */
export class Explainer implements Disposable {
  readonly #files: RunFiles;
  readonly #records: RunRecords;

  private constructor(files: RunFiles, records: RunRecords) {
    this.#files = files;
    this.#records = records;
  }

  static async open(files: RunFiles): Promise<Explainer> {
    return new Explainer(files, await RunRecords.open(files.journals));
  }

  /**
   * The story of a message, whatever a user calls it.
   * @throws ToolError `usage`, `no-such-message`, `ambiguous-message` (exit 2).
   */
  async message(text: string): Promise<Story> {
    const name = parseMessage(text);
    const { producer, writer } = findProducer(name, this.#records.producers);
    return this.#story(producer, name.seq, writer);
  }

  /** The story of a finding, told by its class; undefined: it names no message. */
  async finding({ class: name, message }: Finding): Promise<Story | undefined> {
    if (message === undefined) return undefined;
    const { writer, seq } = parseMessage(message);
    const own = findProducer({ writer, seq }, this.#records.producers);
    return this.#story(own.producer, seq, own.writer, name);
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }

  async #story(producer: number, seq: number, writer: string, foremost?: FindingClass): Promise<Story> {
    const records = this.#records;
    const message = `${writer}#${seq}`;
    const life = await lifeOf(records, producer, seq);
    if (life.length === 0) {
      const most = records.producers.find((each) => each.producer === producer)?.messages() ?? 0;
      throw noSuchMessage(
        message,
        `${writer} sent ${most} messages: ${writer}:0 to ${writer}:${Math.max(0, most - 1)}`,
      );
    }
    const findings = findingsOf(this.#files.findings, message) ?? null;
    const places = await placesOf(records, producer, seq, life);
    const loss = await this.#lossOf(life, places);
    const faults = faultsAround(records.runner, life, findings ?? [], loss?.fault);
    const events = [...life, ...faultEvents(faults), ...endings(records.runner, life)].sort((a, b) => a.atNs - b.atNs);
    const about = { message, producer, seq, findings, events, places, loss };
    const topic = records.header?.topic ?? '';
    const shared = { topic, groups: records.header?.groups ?? [], runner: records.runner, faults };
    const passes = findings?.some((each) => each.class === 'skipped') === true ? await this.#passes(events) : [];
    const of: Case = { ...about, ...shared, passes, producerEnd: await this.#endOf(producer) };
    const conclusion = conclude(of, foremost);
    return {
      ...{ version: storyVersion, run: records.header?.run ?? 'unknown', topic, ...about, outcome: outcomeOf(events) },
      ...{
        absences: await absencesOf(records, events),
        logs: this.#logs(events, loss?.fault),
        damaged: [...records.damages(), ...(this.#files.noCluster === undefined ? [] : [this.#files.noCluster])],
      },
      conclusion,
    };
  }

  /** Only of what was acknowledged and is not where it was. */
  async #lossOf(events: readonly StoryEvent[], places: Story['places']): Promise<PowerCutLoss | null> {
    const { cluster, nodes } = this.#files;
    if (cluster === undefined || !existsSync(nodes)) return null;
    const ack = ackOf({ events });
    if (ack?.partition === undefined || ack.position === undefined) return null;
    const { partition, position, atNs } = ack;
    const place = places.find((each) => each.partition === partition && each.position === position);
    if (place?.holds === 'itself' || eventsOf(events, 'stored').length > 0) return null;
    const find = await left[cluster.broker]?.loss?.();
    const topic = this.#records.header?.topic ?? '';
    const { faults } = this.#records.runner;
    return find?.({ nodes, cluster, topic, partition, position, ackedNs: atNs, faults }) ?? null;
  }

  #passes(events: readonly StoryEvent[]): ReturnType<typeof commitsBehind> | never[] {
    const ack = ackOf({ events });
    const place = ack?.position === undefined ? eventsOf(events, 'stored')[0] : ack;
    if (place?.partition === undefined || place.position === undefined) return [];
    return commitsBehind(this.#records, { partition: place.partition, position: place.position });
  }

  async #endOf(producer: number): Promise<Case['producerEnd']> {
    const [own] = await this.#records.journals('producer', producer);
    if (own === undefined) return undefined;
    const { lastNs, end } = own.lookup.index;
    return { atNs: lastNs, closed: end.state === 'closed', journal: own.file };
  }

  #logs(events: readonly StoryEvent[], took: string | undefined): LogLine[] {
    const { cluster, nodes } = this.#files;
    const wall = this.#records.header?.clock.wall;
    // an attached cluster leaves nothing here
    if (cluster === undefined || wall === undefined || !existsSync(nodes)) return [];
    const { logs = [] } = left[cluster.broker] ?? {};
    const own = events.filter((event) => isOwn(event) && event.what !== 'fault').map(({ atNs }) => atNs);
    // what was logged at a fault far away is about something else, unless that one took the message
    const isNear = (atNs: number): boolean => own.some((each) => Math.abs(each - atNs) < nearNs);
    const near = events.filter((event) => event.what === 'fault' && (event.fault === took || isNear(event.atNs)));
    const around = [...own, ...near.map(({ atNs }) => atNs)];
    return logLines({ nodes, logs, baseMs: Date.parse(wall), around });
  }
}

/** As the audit takes it: acked if any attempt was, else degraded, else unknown, else rejected. */
function outcomeOf(events: readonly StoryEvent[]): OutcomeName | 'none' {
  const sent = eventsOf(events, 'sent');
  const answers = eventsOf(events, 'answered');
  const has = (name: OutcomeName): boolean => answers.some(({ outcome }) => outcome === name);
  if (sent.length === 0) return 'none';
  if (eventsOf(events, 'disowned').length > 0) return 'unknown';
  if (has('acked')) return 'acked';
  if (has('degraded')) return 'degraded';
  const open = sent.some(({ attempt }) => answers.every((answer) => answer.attempt !== attempt));
  if (open || has('unknown')) return 'unknown';
  return has('sent') ? 'sent' : 'rejected';
}
