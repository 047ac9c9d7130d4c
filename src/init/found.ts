/** Which broker a first profile is for: one whose address is given, one of a compose file here, one that a run can start. */
import { answersAt } from '../cluster/answers.ts';
import { findPrograms } from '../cluster/programs.ts';
import { ToolError } from '../errors.ts';
import type { Product } from '../products/product.ts';
import { included, productOf, products, usualCluster } from '../products/registry.ts';
import { composedBrokers } from './compose.ts';

export interface Found {
  readonly product: Product;
  /** Where it is already; absent: the run starts it. */
  readonly address?: string;
  /** The compose file that starts it. */
  readonly compose?: string;
  /** How it was found, as the end of a sentence. */
  readonly how: string;
  /** What else there is to choose, as command lines. */
  readonly others: readonly string[];
}

export interface Wanted {
  readonly broker?: string | undefined;
  /** host:port */
  readonly address?: string | undefined;
  /** The folder in which a compose file may be. */
  readonly folder: string;
}

/** @throws ToolError (exit 2) for a broker that there is not, and an address of which nobody knows what is there. */
export async function findBroker({ broker, address, folder }: Wanted): Promise<Found> {
  const product = broker === undefined ? undefined : productOf(broker);
  if (address !== undefined) return atAddress(address, product ?? byPort(address));
  if (product !== undefined) return { product, how: `${product.title} was asked for`, others: [] };
  const [composed, ...more] = composedBrokers(folder);
  if (composed !== undefined) {
    const { product: its, address: at, compose, service } = composed;
    const how = `service ${service} of ${compose} publishes it at ${at}`;
    const others = more.map((each) => `mqchaos init --attach ${each.address} --broker ${each.product.name}`);
    return { product: its, address: at, compose, how, others };
  }
  return await startable();
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
