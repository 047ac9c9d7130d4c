/** One measure of a matrix, ready to be run, or with the reason why it cannot be. */
import { probeStore } from '../effects/probe.ts';
import { ownRedis } from '../effects/settings.ts';
import { ToolError } from '../errors.ts';
import { compilePlan } from '../plan/compile.ts';
import type { Plan } from '../plan/plan.ts';
import { type LoadOptions, loadProfile } from '../profile/load.ts';
import type { Profile } from '../profile/schema.ts';
import { attachedBrokers } from '../profile/sections.ts';
import type { Choices } from './choices.ts';
import { findMeasures, type Half, type Measure, whereAttached } from './measures.ts';

/** A Kafka takes no less (`group.min.session.timeout.ms`), unless it was told to: whoever did that says so with `set`. */
const longSession = 'consumers.sessionTimeout=6s';
/** As the pairs have it: masters without slaves. A partition waits for its broker, and no answer for a copy. */
const oneCopy = 'topic.replication=1';

export interface Row {
  /** As it is on this cluster. */
  readonly measure: Measure;
  readonly profiles: ReadonlyMap<Half, Profile>;
  /** Why it is not run; absent: it is. */
  readonly missing?: string;
}

/**
 * @param cluster a file whose sections are laid over every profile.
 * @throws ToolError (exit 2) for unknown measures, and for a `set` or a cluster that is wrong in itself.
 */
export async function openRows({ only, set, allowRemote }: Choices, cluster?: string): Promise<Row[]> {
  const brokers = cluster === undefined ? undefined : attachedBrokers(cluster);
  const options = { set, allowRemote, ...(cluster === undefined ? {} : { over: cluster }) };
  const rows: Row[] = [];
  for (const measure of findMeasures(only)) {
    rows.push(await (brokers === undefined ? openRow(measure, options) : openAttached(measure, brokers, options)));
  }
  return rows;
}

async function openAttached(measure: Measure, brokers: number, options: LoadOptions): Promise<Row> {
  const { brokers: needed = 1, missing, profiles } = measure.attached ?? {};
  const there = whereAttached(measure);
  const few = brokers < needed ? `it takes ${needed} brokers, and the cluster file names ${brokers}` : undefined;
  const why = missing ?? few;
  // a pair that is made for such a cluster says itself how its topic lies there
  const made = profiles !== undefined;
  const defaults = made ? [longSession] : [longSession, oneCopy];
  // also one that is not run: a cluster that is wrong in itself is wrong for it too
  const row = await openRow(there, { ...options, defaults, ownTopic: made });
  return why === undefined ? row : { measure: there, profiles: new Map(), missing: why };
}

async function openRow(measure: Measure, options: LoadOptions): Promise<Row> {
  const profiles = new Map<Half, Profile>();
  try {
    for (const [half, name] of measure.profiles) profiles.set(half, loadProfile(name, options));
  } catch (error) {
    if (!isBeyondCluster(error, options)) throw error;
    return { measure, profiles: new Map(), missing: error.message.replaceAll('\n', '; ') };
  }
  const alike = sameHalves(profiles);
  if (alike !== undefined && options.over === undefined) {
    throw new ToolError(`${measure.name}: ${alike}`, {
      code: 'same-halves',
      hint: 'leave out the --set that takes the difference away: mqchaos list measures',
    });
  }
  const missing = alike ?? (await missingStore([...profiles.values()]));
  return { measure, profiles, ...(missing === undefined ? {} : { missing }) };
}

/** The given cluster cannot show this measure: all that is wrong is in our own profile, which is right on the bundled one. */
function isBeyondCluster(error: unknown, { over }: LoadOptions): error is ToolError {
  if (over === undefined || !(error instanceof ToolError) || error.code !== 'profile') return false;
  return error.message.split('\n').every((line) => line.startsWith('profiles/'));
}

/** A pair that is changed until both halves are the same proves nothing; a cluster of its own may do that to a measure. */
function sameHalves(profiles: ReadonlyMap<Half, Profile>): string | undefined {
  const plans = [...profiles].map(([half, profile]) => [half, whatIsDone(compilePlan(profile, 0))] as const);
  const twice = plans.find(([, plan], index) => plans.findIndex(([, other]) => other === plan) !== index);
  return twice && `its ${twice[0]} half is the same as another one here, so that it could show nothing`;
}

function whatIsDone({ name: _, question: __, expect: ___, ...plan }: Plan): string {
  return JSON.stringify(plan);
}

async function missingStore(profiles: readonly Profile[]): Promise<string | undefined> {
  const effects = profiles.flatMap((profile) => compilePlan(profile, 0).consumers.effect ?? []);
  if (effects.every((settings) => ownRedis(settings) === undefined)) return undefined;
  const { available, detail, remedy } = await probeStore('redis');
  return available ? undefined : [detail, ...(remedy === undefined ? [] : [remedy])].join(': ');
}
