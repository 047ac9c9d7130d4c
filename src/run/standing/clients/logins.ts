/** Who may log in to a standing cluster, as the command line says it, and what is kept of the passwords. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, ToolError } from '../../../errors.ts';

export interface UserLogin {
  readonly user: string;
  readonly password: string;
}

/** The least that RFC 7677 allows. */
const iterations = 4096;
const saltBytes = 16;
const mechanisms = [
  ['SCRAM-SHA-256', 'sha256', 32],
  ['SCRAM-SHA-512', 'sha512', 64],
] as const;

/**
 * @param given `USER:PASSWORD`, `@FILE` with such lines, or the name of an environment variable that holds them.
 * @throws ToolError `bad-login` (exit 2); no message has a password in it.
 */
export function readLogins(given: readonly string[], env: NodeJS.ProcessEnv = process.env): UserLogin[] {
  const logins = given.flatMap((text) => {
    if (text.startsWith('@')) return linesOf(fileText(text.slice(1)), text.slice(1));
    if (text.includes(':')) return [loginIn(text, 'what was given')];
    const held = env[text];
    if (held === undefined) {
      throw wrong(`${text} is neither USER:PASSWORD nor a variable of the environment that is set`);
    }
    return linesOf(held, text);
  });
  for (const [at, { user }] of logins.entries()) {
    if (logins.findIndex((other) => other.user === user) !== at) throw wrong(`the user '${user}' is there twice`);
  }
  return logins;
}

/** The text of the brokers' file of users (broker/rpc/login/users.ts): SCRAM's keys, and no password. */
export function usersText(logins: readonly UserLogin[]): string {
  return `${JSON.stringify(
    logins.map(({ user, password }) => ({
      user,
      ...Object.fromEntries(mechanisms.map(([name, hash, bytes]) => [name, keysOf(password, hash, bytes)])),
    })),
  )}\n`;
}

/** RFC 5802, 3. */
function keysOf(password: string, hash: string, bytes: number) {
  const salt = randomBytes(saltBytes);
  const salted = pbkdf2Sync(password, salt, iterations, bytes, hash);
  const hmac = (text: string): Buffer => createHmac(hash, salted).update(text).digest();
  const storedKey = createHash(hash).update(hmac('Client Key')).digest();
  const text = (value: Buffer): string => value.toString('base64');
  return { salt: text(salt), iterations, storedKey: text(storedKey), serverKey: text(hmac('Server Key')) };
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw wrong(`cannot read ${path}: ${messageOf(cause)}`);
  }
}

function linesOf(text: string, source: string): UserLogin[] {
  const logins = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, place: `${source}, line ${index + 1}` }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, place }) => loginIn(line, place));
  if (logins.length === 0) throw wrong(`there is nobody in ${source}`);
  return logins;
}

function loginIn(text: string, place: string): UserLogin {
  const colon = text.indexOf(':');
  const user = text.slice(0, colon).trim();
  const password = text.slice(colon + 1);
  if (colon < 0 || user === '' || password === '') throw wrong(`${place} is not USER:PASSWORD`);
  return { user, password };
}

function wrong(problem: string): ToolError {
  return new ToolError(`--sasl: ${problem}`, {
    code: 'bad-login',
    hint: '--sasl USER:PASSWORD; --sasl @FILE with a line for each user; --sasl NAME of a variable that holds such lines',
  });
}
