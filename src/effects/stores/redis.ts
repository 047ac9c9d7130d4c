/** Redis, by `ioredis` with all of its own retries off: what it would send again, we could not tell from a first time. */
import type { Redis } from 'ioredis';
import { messageOf } from '../../errors.ts';
import { type Address, loadClient, parseAddress } from '../access.ts';
import { Connection, type ConnectTrouble, type Judgement, type Wire } from '../connection.ts';
import { StoreTrouble } from '../trouble.ts';
import { needAccess, unreachable } from './needs.ts';
import { type CallOptions, longCallMs, type RedisStore, type StoreRequest, type StoreType } from './store.ts';

const scanCount = 2000;
const oldest = [6, 2]; // SET … GET

type Client = { readonly redis: Redis; readonly trouble: () => Error | undefined };

export const redis: StoreType = {
  name: 'redis',
  alsoCalled: ['valkey'],
  summary: 'Redis that is there already, by URL, or one that is started for the run',
  family: 'redis',
  url: true,
  install: 'apt-get install redis-server',
  open: (request) => RedisServerStore.open(request),
};

class RedisServerStore implements RedisStore {
  readonly family = 'redis';
  readonly place: string;
  readonly name: string;
  readonly #connection: Connection<Client>;

  constructor(wire: Wire<Client>, request: StoreRequest) {
    this.place = wire.place;
    this.name = request.name;
    this.#connection = new Connection(wire, request.bounds, request.watch?.of(wire.place));
  }

  static async open(request: StoreRequest): Promise<RedisServerStore> {
    const access = needAccess('redis', request);
    const address = parseAddress(access, { name: 'redis', schemes: ['redis', 'rediss'], port: 6379 });
    const library = await loadClient('ioredis', () => import('ioredis'));
    const store = new RedisServerStore(wireOf(library.Redis, address, request), request);
    await store.#connection.open(request.signal);
    const version = await store.version(request.signal);
    const [major = 0, minor = 0] = version.replace(/^\D+/, '').split('.').map(Number);
    if (major > (oldest[0] ?? 0) || (major === oldest[0] && minor >= (oldest[1] ?? 0))) return store;
    await store[Symbol.asyncDispose]();
    const hint = `use ${oldest.join('.')} or newer`;
    throw new StoreTrouble(`${store.place}: ${version} is too old`, { code: 'store-too-old', effect: 'none', hint });
  }

  async version(signal?: AbortSignal): Promise<string> {
    const info = String(await this.send(['INFO', 'server'], { signal }));
    return `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of an unknown version'}`;
  }

  send(
    [command = '', ...values]: readonly (string | number)[],
    { signal, callMs }: CallOptions = {},
  ): Promise<unknown> {
    return this.#connection.call(({ redis }) => redis.call(String(command), ...values), signal, callMs);
  }

  script(
    lua: string,
    keys: readonly string[],
    values: readonly (string | number)[],
    options?: CallOptions,
  ): Promise<unknown> {
    return this.send(['EVAL', lua, keys.length, ...keys, ...values], options);
  }

  async *scan(prefix: string, { signal }: CallOptions = {}): AsyncGenerator<readonly string[]> {
    let cursor = '0';
    do {
      const page = ['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', scanCount];
      const [next, keys] = (await this.send(page, { signal, callMs: longCallMs })) as [string, string[]];
      cursor = next;
      if (keys.length > 0) yield keys;
    } while (cursor !== '0');
  }

  async durability(signal?: AbortSignal): Promise<string | undefined> {
    // a server may forbid CONFIG: then nobody knows
    const answer = await this.send(['CONFIG', 'GET', 'appendonly'], { signal }).catch(() => undefined);
    if (!Array.isArray(answer) || answer[1] !== 'no') return undefined;
    return `${this.place}: appendonly is no: a server that is killed forgets effects`;
  }

  async remove(signal?: AbortSignal): Promise<void> {
    for await (const keys of this.scan(`${this.name}:`, { signal })) {
      await this.send(['UNLINK', ...keys], { signal, callMs: longCallMs });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}

function wireOf(RedisClient: typeof Redis, address: Address, { bounds }: StoreRequest): Wire<Client> {
  return {
    place: address.place,
    connect: async (gone) => {
      const client = makeClient(RedisClient, address.url, bounds.connectMs);
      client.redis.on('end', gone);
      try {
        await client.redis.connect();
        await client.redis.ping(); // says NOAUTH, LOADING and the like
        const trouble = client.trouble(); // a password or database that was refused is told aside
        if (trouble !== undefined) throw trouble;
        return client;
      } catch (error) {
        client.redis.disconnect();
        throw client.trouble() ?? error;
      }
    },
    discard: ({ redis }) => redis.disconnect(),
    judge: (error) => judge(messageOf(error), error),
    judgeConnect: (error) => judgeConnect(messageOf(error), error),
    mask: address.mask,
  };
}

function makeClient(RedisClient: typeof Redis, url: string, connectTimeout: number): Client {
  const redis = new RedisClient(url, {
    lazyConnect: true,
    connectTimeout,
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false, // waits a second for a server that loads; our own PING asks more often
  });
  let first: Error | undefined;
  redis.on('error', (error: Error) => {
    first ??= error;
  });
  return { redis, trouble: () => first };
}

/**
 * Answers that mean that nothing was run. Any other error of a script may have come from its middle, after a write; a
 * single command that is refused changed nothing, but is told apart from a script by nothing in its error.
 */
const notRun =
  /^(NOSCRIPT|LOADING|NOAUTH|NOPERM|READONLY|MISCONF|MASTERDOWN|BUSY|MOVED|ERR (syntax|unknown|wrong|DB)) ?/;

function judge(text: string, error: unknown): Judgement {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return 'lost';
  if (/^(LOADING|BUSY) /.test(text)) return 'busy';
  return notRun.test(text) ? 'refused' : 'unsure';
}

function judgeConnect(text: string, error: unknown): ConnectTrouble {
  if (/^(NOAUTH|WRONGPASS|NOPERM)|AUTH|password/i.test(text)) {
    return {
      code: 'store-login',
      text: `login refused: ${text}`,
      hint: 'user and password in the URL',
      passing: false,
    };
  }
  if (/DB index/.test(text)) {
    const hint = 'redis://host:port/0, a number that the server has';
    return { code: 'store-database', text: `there is no such database: ${text}`, hint, passing: false };
  }
  return unreachable(error);
}
