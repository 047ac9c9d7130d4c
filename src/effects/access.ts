/**
 * How to reach a store. A profile and a plan hold a reference, `${NAME}`; the URL itself lives in memory and goes to
 * workers by IPC, never to disk, argv or a terminal.
 */
import { exitCodes, ToolError } from '../errors.ts';

/** A URL in the clear, and where it came from, which is what may be printed. */
export interface StoreAccess {
  readonly url: string;
  readonly from: string;
}

const reference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?\?([^}]*))?\}$/;

/** Whether a setting is a reference alone; a URL in the clear does not belong in a profile. */
export function isReference(text: string): boolean {
  return reference.test(text);
}

/** Reads the variable that `${NAME}` or `${NAME?message}` refers to. @throws ToolError (exit 2), never with a value. */
export function readAccess(
  setting: string,
  what: string,
  env: Readonly<Record<string, string | undefined>>,
): StoreAccess {
  const [, name, message] = reference.exec(setting) ?? [];
  if (name === undefined) {
    throw new ToolError(`${what}: a connection URL is a secret and does not belong here`, {
      code: 'literal-secret',
      hint: `write \${NAME} and set that environment variable`,
    });
  }
  const url = env[name];
  if (url === undefined || url === '') {
    throw new ToolError(`${what}: environment variable ${name} is not set`, {
      code: 'unset-variable',
      hint: message || `export ${name}=… before the run`,
    });
  }
  return { url, from: `\${${name}}` };
}

/** A URL taken apart: what may be said of it, and what must not. */
export interface Address {
  /** `postgres at 127.0.0.1:5432 (${PG_URL})`: for messages. */
  readonly place: string;
  readonly url: string;
  /** The text without the URL, its password and its options. */
  mask(text: string): string;
}

/** @throws ToolError `store-url` (exit 2) that says what is wrong without showing the URL. */
export function parseAddress(
  { url, from }: StoreAccess,
  store: { readonly name: string; readonly schemes: readonly string[]; readonly port: number },
): Address {
  const form = `${store.schemes[0]}://user:password@host:${store.port}/…`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed?.protocol.slice(0, -1) ?? '';
  if (parsed === undefined || !store.schemes.includes(scheme)) {
    const what =
      parsed === undefined ? 'is not a URL' : `begins with ${scheme}:, not with ${store.schemes.join(': or ')}:`;
    throw new ToolError(`${store.name}: the value of ${from} ${what}`, {
      code: 'store-url',
      hint: `it has the form ${form}`,
    });
  }
  const host = parsed.hostname || (parsed.searchParams.get('host') ?? 'localhost');
  const secrets = [url, parsed.password, decoded(parsed.password), parsed.search.slice(1)];
  const options = [...parsed.searchParams].flatMap(([key, value]) => (/pass|secret|token/i.test(key) ? [value] : []));
  return {
    place: `${store.name} at ${host}:${parsed.port || store.port} (${from})`,
    url,
    mask: (text) => masked(text, [...secrets, ...options]),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded: it is what it is
  }
}

/** Longest first, so that a URL is not left in pieces. */
function masked(text: string, secrets: readonly string[]): string {
  const present = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return present.reduce((left, secret) => left.split(secret).join('***'), text);
}

/** A client library is loaded only by the run that uses it. */
export async function loadClient<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw new ToolError(`the client library ${name} cannot be loaded on this platform`, {
      code: 'store-client',
      hint: `npm install ${name}`,
      exitCode: exitCodes.setup,
    });
  }
}
