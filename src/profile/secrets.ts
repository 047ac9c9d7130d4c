/** Secrets: in profiles and plans only the names of the environment variables that hold them. */
import { readFileSync } from 'node:fs';
import { messageOf, ToolError } from '../errors.ts';
import type { BrokerAccess } from '../products/driver.ts';
import { secretReference } from './schema/secret-reference.ts';
import { type Environment, isSecret } from './text/environment.ts';
import { mapScalars, type Path, type Tree } from './text/tree.ts';

/** How to log in to a cluster: in a plan with references, when resolved in the clear, for memory and IPC only. */
type Secrets = Pick<BrokerAccess, 'tls' | 'sasl' | 'login'>;

/**
 * Reads the secrets of a plan's cluster, to be done when the run connects. TLS files are read here too; a value that is
 * a PEM itself is taken as it is. Throws a ToolError of exit code 2 that names the variable or file, never a value.
 */
export function resolveSecrets({ tls, sasl, login }: Secrets, env: Environment): Secrets {
  return {
    ...(tls && { tls: resolveTls(tls, env) }),
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism,
        username: resolve(sasl.username, 'cluster.sasl.username', env),
        password: resolve(sasl.password, 'cluster.sasl.password', env),
      },
    }),
    ...(login && {
      login: {
        username: resolve(login.username, 'cluster.login.username', env),
        password: resolve(login.password, 'cluster.login.password', env),
      },
    }),
  };
}

/** Values under `cluster.tls`, `cluster.sasl` and `cluster.login` that are secrets themselves, or references that cannot be kept. */
export function literalSecrets(tree: Tree): { path: Path; message: string }[] {
  const found: { path: Path; message: string }[] = [];
  mapScalars(tree, (scalar, path) => {
    const written = String(scalar.value ?? '');
    if (!isSecret(path) || path[0] !== 'cluster' || scalar.value === null || secretReference.test(written))
      return scalar;
    if (written.includes('${')) {
      found.push({ path, message: `expected \${NAME} or \${NAME?message} alone: it is read when the run connects` });
    } else if (
      ((path[1] === 'sasl' || path[1] === 'login') && path[2] === 'password') ||
      written.includes('PRIVATE KEY')
    ) {
      const message = `a secret does not belong in a profile; write \${NAME} and set that environment variable`;
      found.push({ path, message });
    }
    return scalar;
  });
  return found;
}

type Tls = NonNullable<BrokerAccess['tls']>;

function resolveTls(tls: Tls, env: Environment): Tls {
  const { servername, ...files } = tls;
  const pems = Object.entries(files).map(([key, value]): [string, string] => {
    const what = `cluster.tls.${key}`;
    const resolved = resolve(value, what, env);
    return [key, resolved.startsWith('-----BEGIN ') ? resolved : readPem(resolved, what)];
  });
  const name = servername === undefined ? {} : { servername: resolve(servername, 'cluster.tls.servername', env) };
  return { ...Object.fromEntries(pems), ...name };
}

function resolve(value: string, what: string, env: Environment): string {
  const [, name, hint] = secretReference.exec(value) ?? [];
  if (name === undefined) return value;
  const found = env[name];
  if (found !== undefined && found !== '') return found;
  throw new ToolError(`${what}: environment variable ${name} is not set`, {
    code: 'unset-variable',
    hint: hint || `export ${name}=… before the run`,
  });
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ToolError(`${what}: cannot read the file: ${messageOf(error)}`, {
      code: 'unreadable-file',
      hint: 'paths are relative to the working directory',
    });
  }
}
