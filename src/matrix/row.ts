/** One measure of a matrix, ready to be run, or with the reason why it cannot be. */
import { probeStore } from '../effects/probe.ts';
import { ownRedis } from '../effects/settings.ts';
import { ToolError } from '../errors.ts';
import { compilePlan } from '../plan/compile.ts';
import type { Plan } from '../plan/plan.ts';
import type { ClusterSettings } from '../products/cluster.ts';
import type { Product } from '../products/product.ts';
import { included, productOf } from '../products/registry.ts';
import { type LoadOptions, loadProfile } from '../profile/load.ts';
import type { Profile } from '../profile/schema/schema.ts';
import { spell } from '../profile/schema/units.ts';
import { clusterOf } from '../profile/text/sections.ts';
import { missingBeyondUsual } from '../run/possible.ts';
import type { Choices } from './choices.ts';
import { findMeasures, type Half, type Measure, measureOn } from './measures.ts';

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
 * @throws ToolError (exit 2) for unknown measures, and for a `set`, a broker or a cluster that is wrong in itself.
 */
export async function openRows({ only, set, allowRemote, broker }: Choices, cluster?: string): Promise<Row[]> {
  const options = {
    ...{ set, allowRemote },
    ...(cluster === undefined ? {} : { over: cluster }),
    ...(broker === undefined ? {} : { broker }),
  };
  const there = cluster === undefined ? undefined : clusterOf(cluster);
  const product = productOf(there?.broker ?? broker ?? included.name);
  const brokers = there?.attach === undefined ? undefined : brokersIn(there);
  const rows: Row[] = [];
  for (const measure of findMeasures(only)) rows.push(await openOn(product, measure, brokers, options));
  return rows;
}

/** An address under `attach` may be another name of one under `control`, so the longer list counts. */
function brokersIn({ attach = [], control = [] }: ClusterSettings): number {
  return Math.max(new Set(attach).size, control.length);
}

/** @param brokers how many there are of an attached cluster; undefined: as many as are started. */
async function openOn(
  product: Product,
  measure: Measure,
  brokers: number | undefined,
  options: LoadOptions,
): Promise<Row> {
  const here = product.measure?.(measure.name, brokers !== undefined) ?? {};
  const there = measureOn(measure, here);
  const { brokers: needed = 1, missing, profiles } = here;
  const few =
    brokers !== undefined && brokers < needed
      ? `it takes ${needed} brokers, and the cluster file names ${brokers}`
      : undefined;
  const why = missing ?? few;
  const made = profiles !== undefined;
  // a cluster that is wrong in itself is wrong for a measure that is not run, too
  const row = await openRow(there, { ...options, ...attachedDefaults(product, made, brokers), ownTopic: made });
  return why === undefined ? row : { measure: there, profiles: new Map(), missing: why };
}

/** A pair that is made for such a cluster says itself how its topic lies there. */
function attachedDefaults(
  { can }: Product,
  made: boolean,
  brokers: number | undefined,
): { readonly defaults?: readonly string[] } {
  if (brokers === undefined) return {};
  const session = can.leastSessionTimeoutMs;
  return {
    defaults: [
      // it takes no less unless it was told to: whoever did that says so with `set`
      ...(session === undefined ? [] : [`consumers.sessionTimeout=${spell(session)}`]),
      ...(made || !can.replication ? [] : [oneCopy]),
    ],
  };
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
  if (alike !== undefined && options.over === undefined && options.broker === undefined) {
    throw new ToolError(`${measure.name}: ${alike}`, {
      code: 'same-halves',
      hint: 'leave out the --set that takes the difference away: mqchaos list measures',
    });
  }
  const all = [...profiles.values()];
  const missing = alike ?? (await missingStore(all)) ?? (await missingHere(all));
  return { measure, profiles, ...(missing === undefined ? {} : { missing }) };
}

/** The given cluster cannot show this measure: all that is wrong is in our own profile, which is right where it was made for. */
function isBeyondCluster(error: unknown, { over, broker }: LoadOptions): error is ToolError {
  if ((over === undefined && broker === undefined) || !(error instanceof ToolError) || error.code !== 'profile')
    return false;
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

/** What of the cluster of one of its halves this machine cannot do. */
async function missingHere(profiles: readonly Profile[]): Promise<string | undefined> {
  for (const profile of profiles) {
    const missing = await missingBeyondUsual(compilePlan(profile, 0).cluster);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

async function missingStore(profiles: readonly Profile[]): Promise<string | undefined> {
  const effects = profiles.flatMap((profile) => compilePlan(profile, 0).consumers.effect ?? []);
  if (effects.every((settings) => ownRedis(settings) === undefined)) return undefined;
  const { available, detail, remedy } = await probeStore('redis');
  return available ? undefined : [detail, ...(remedy === undefined ? [] : [remedy])].join(': ');
}
