/**
 * A Redis of the run's own, where `redis-server` is on the PATH. It keeps what it answered through kill -9 and through a
 * power cut: every command is in the synced log before its answer. The log is never rewritten, because a crash between
 * the renames of a rewrite loses some (redis #3487).
 */
import { join } from 'node:path';
import type { StoreAccess } from './access.ts';
import { findProgram } from './program.ts';

export interface ServerSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Its data; to be made before the start, and given again to start it again. */
  readonly folder: string;
  /** `host:port`. */
  readonly address: string;
  /** It serves once `openEffects` connects to this. */
  readonly access: StoreAccess;
}

/** Undefined when there is no `redis-server`. @param folder of the server alone. @param port free, kept over restarts. */
export function redisServer(folder: string, port: number): ServerSpec | undefined {
  const command = findProgram('redis-server');
  if (command === undefined) return undefined;
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'auto-aof-rewrite-percentage': '0',
    'maxmemory-policy': 'noeviction',
    pidfile: join(folder, 'redis.pid'),
    // a title of its own would overwrite its environment, by which whoever cleans up finds it
    'set-proc-title': 'no',
  };
  return {
    command,
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
    folder,
    address: `127.0.0.1:${port}`,
    access: { url: `redis://127.0.0.1:${port}/0`, from: "the run's own" },
  };
}
