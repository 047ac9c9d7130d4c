/** What `doctor` says of the stores: is it there, which version, and what to install where it is not. */
import { messageOf, ToolError } from '../errors.ts';
import type { StoreAccess } from './access.ts';
import { defaultBounds } from './connection.ts';
import { findProgram } from './program.ts';
import { findStore } from './registry.ts';

export interface StoreProbe {
  readonly store: string;
  readonly available: boolean;
  /** Version of the software, or where its program is; when it is not available, why. Without secrets. */
  readonly detail: string;
  /** What to do where it is not available. */
  readonly remedy?: string;
}

const connectMs = 2000;

/**
 * Asks a store that is given by URL; without one, whether a run could have one of its own. Changes nothing, never throws.
 */
export async function probeStore(name: string, access?: StoreAccess): Promise<StoreProbe> {
  const type = findStore(name);
  if (access === undefined && type.family === 'redis') return probeRedisServer(type.install);
  if (access === undefined && type.url) {
    const remedy = `${type.install}, then give its URL in an environment variable`;
    return { store: name, available: false, detail: 'used by URL, and none is given', remedy };
  }
  try {
    await using store = await type.open({
      name: 'mqchaos_probe',
      connections: 1,
      bounds: { ...defaultBounds, connectMs },
      ...(access === undefined ? { file: ':memory:' } : { access }),
    });
    return { store: name, available: true, detail: await store.version() };
  } catch (error) {
    const remedy = error instanceof ToolError ? error.hint : undefined;
    return { store: name, available: false, detail: messageOf(error), remedy: remedy ?? type.install };
  }
}

function probeRedisServer(install: string): StoreProbe {
  const program = findProgram('redis-server');
  if (program !== undefined) return { store: 'redis', available: true, detail: program };
  return { store: 'redis', available: false, detail: 'redis-server is not on the PATH', remedy: install };
}
