/** Which broker a first profile is for: one whose address is given, one of a compose file here, one that a run can start. */
import { resolve } from 'node:path';
import { answersAt } from '../cluster/answers.ts';
import { findPrograms } from '../cluster/programs.ts';
import { ToolError } from '../errors.ts';
import type { Product } from '../products/product.ts';
import { included, productOf, products, usualCluster } from '../products/registry.ts';
import { composedBrokers, composition } from './compose.ts';

export interface Found {
  readonly product: Product;
  /** Where it is already; absent: the run starts it. */
  readonly address?: string;
  /** The compose file that starts it. */
  readonly compose?: string;
  /** Its nodes, where faults are to act on them: services of that file. Absent: none. */
  readonly nodes?: readonly FoundNode[];
  /** Keys of `cluster` that are not what is usual. */
  readonly keys?: Readonly<Record<string, string>>;
  /** How it was found, as the end of a sentence. */
  readonly how: string;
  /** What else there is to choose, as command lines. */
  readonly others: readonly string[];
  /** What could not be told, one sentence each. */
  readonly unclear?: readonly string[];
}

export interface FoundNode {
  readonly id: string;
  readonly address: string;
  readonly service: string;
}

export interface Wanted {
  readonly broker?: string | undefined;
  /** host:port */
  readonly address?: string | undefined;
  /** A compose file whose brokers faults are to act on. */
  readonly from?: string | undefined;
  /** The folder in which a compose file may be. */
  readonly folder: string;
}

/** @throws ToolError (exit 2) for a broker that there is not, and an address of which nobody knows what is there. */
export async function findBroker({ broker, address, from, folder }: Wanted): Promise<Found> {
  const product = broker === undefined ? undefined : productOf(broker);
  if (from !== undefined) return composed(from, folder, product);
  if (address !== undefined) return atAddress(address, product ?? byPort(address));
  if (product !== undefined) return { product, how: `${product.title} was asked for`, others: [] };
  const [first, ...more] = composedBrokers(folder);
  if (first !== undefined) {
    const { product: its, address: at, compose, service } = first;
    const how = `service ${service} of ${compose} publishes it at ${at}`;
    const others = [
      `mqchaos init --from ${compose}   # with faults on its containers`,
      ...more.map((each) => `mqchaos init --attach ${each.address} --broker ${each.product.name}`),
    ];
    return { product: its, address: at, compose, how, others };
  }
  return await startable();
}

/**
 * All services of one product, as nodes of one cluster.
 * @throws ToolError (exit 2) where the file has none.
 */
function composed(from: string, folder: string, wanted: Product | undefined): Found {
  const { brokers, unclear } = composition(resolve(folder, from), from);
  const product = wanted ?? brokers[0]?.product;
  const own = brokers.filter((each) => each.product === product);
  const [first] = own;
  if (product === undefined || first === undefined) {
    const what =
      wanted === undefined
        ? 'no broker that mqchaos knows by its image and that publishes a port'
        : `no ${wanted.title}`;
    throw new ToolError(`${from} has ${what}`, {
      code: 'no-broker-composed',
      hint: [...unclear, 'for one that runs: mqchaos init --attach HOST:PORT --broker NAME'].join('; '),
    });
  }
  const nodes = own.map(({ address, service }, index) => ({ id: `b${index + 1}`, address, service }));
  const others = new Set(brokers.map((each) => each.product.name).filter((name) => name !== product.name));
  const services = nodes.map(({ service }) => service).join(', ');
  return {
    ...{ product, address: first.address, compose: from, nodes },
    keys: product.starter?.keys?.('localhost', first.port) ?? {},
    how: `${from} has it as ${services}`,
    others: [...others].map((name) => `mqchaos init --from ${from} --broker ${name}`),
    unclear: [
      ...unclear,
      ...(nodes.length > 1 ? [`${services} were taken for nodes of one cluster: take out what is not`] : []),
    ],
  };
}

async function atAddress(address: string, product: Product): Promise<Found> {
  const host = `host:port, such as localhost:${product.starter?.port ?? 9092}`;
  const problem = product.format.profile.safeParse({ broker: product.name, attach: address }).error?.issues[0];
  if (problem !== undefined) {
    throw new ToolError(`--attach ${address}: ${problem.message}`, { code: 'attach', hint: `expected ${host}` });
  }
  const answers = await answersAt(address);
  return { product, address, how: `${address} ${answers ? 'answers' : 'does not answer now'}`, others: [] };
}

function byPort(address: string): Product {
  const found = products.find(({ starter }) => starter !== undefined && address.endsWith(`:${starter.port}`));
  if (found !== undefined) return found;
  const names = products.filter(({ starter }) => starter !== undefined).map(({ name }) => name);
  throw new ToolError(`--attach ${address}: which broker is that?`, {
    code: 'unknown-broker',
    hint: `say so with --broker ${names.join(' | ')}`,
  });
}

/** The first product whose programs are here, in the order of the list; where there is none, the one that needs none. */
async function startable(): Promise<Found> {
  const here: Product[] = [];
  for (const product of products) if (await isInstalled(product)) here.push(product);
  const [first, ...more] = here;
  const others = [...more, included].map(({ name }) => `mqchaos init --broker ${name}`);
  if (first !== undefined) return { product: first, how: `${first.title} is installed here`, others };
  return { product: included, how: 'it needs nothing to be installed', others: [] };
}

async function isInstalled(product: Product): Promise<boolean> {
  if (product.starter === undefined || product.layout === undefined) return false;
  try {
    await findPrograms(product.programs?.(usualCluster(product)) ?? []);
    return true;
  } catch (error) {
    if (error instanceof ToolError) return false; // missing, or too old
    throw error;
  }
}
