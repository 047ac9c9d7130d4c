/** A Redis that is started for the run. Its files stay in the run's folder. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { untilAnswers } from '../cluster/answers.ts';
import { freePorts } from '../cluster/ports.ts';
import { type OwnedProcess, startProcess } from '../cluster/process.ts';
import { within } from '../cluster/wait.ts';
import type { StoreAccess } from '../effects/access.ts';
import { redisServer } from '../effects/redis-server.ts';
import { findForm, findStore, findWay } from '../effects/registry.ts';
import type { EffectSettings } from '../effects/settings.ts';
import { exitCodes, ToolError } from '../errors.ts';
import type { RunFolder } from './folder.ts';

const readyBoundMs = 10_000;
const endBoundMs = 3000;

export class OwnRedis implements AsyncDisposable {
  readonly access: StoreAccess;
  readonly #process: OwnedProcess;

  private constructor(access: StoreAccess, process: OwnedProcess) {
    this.access = access;
    this.#process = process;
  }

  /** @throws ToolError (exit 4) where there is no redis-server, or it does not serve. */
  static async start({ path }: RunFolder, signal: AbortSignal): Promise<OwnRedis> {
    const folder = join(path, 'redis');
    mkdirSync(folder, { recursive: true });
    const [port = 0] = await freePorts(1);
    const spec = redisServer(folder, port);
    if (spec === undefined) {
      throw new ToolError('redis: there is no redis-server on the PATH to start for the run', {
        code: 'no-redis',
        hint: `${findStore('redis').install}, or give the URL of one: consumers.effect.url: \${NAME}`,
        exitCode: exitCodes.setup,
      });
    }
    const { command, args } = spec;
    const owned = await startProcess({ name: 'redis', command, args, folder, run: path, ipc: false });
    try {
      await untilAnswers(spec.address, true, readyBoundMs, signal);
      return new OwnRedis(spec.access, owned);
    } catch (cause) {
      owned.signal('SIGKILL');
      throw new ToolError(`redis: the one of the run does not serve at ${spec.address}`, {
        code: 'redis-not-ready',
        hint: `its output is in ${folder}`,
        exitCode: exitCodes.setup,
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.signal('SIGTERM');
    if ((await within(this.#process.exit, endBoundMs)) === undefined) this.#process.signal('SIGKILL');
  }
}

/** Where a Redis is used and no URL of one is given. */
export function needsOwnRedis({ store, url, idempotence, form, idsUrl }: EffectSettings): boolean {
  if (store === 'redis') return url === undefined;
  return findForm(findWay(idempotence), form).ids === 'any' && idsUrl === undefined;
}
