import { BrokerError, messageOf } from '../../errors.ts';

/** Mechanisms of SCRAM (RFC 5802, RFC 7677), and what Node calls the hash of each. */
export const scramHashes = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const;
export type ScramMechanism = keyof typeof scramHashes;

export const mechanisms: readonly string[] = ['PLAIN', ...Object.keys(scramHashes)];

/** What a server keeps of a password (RFC 5802): enough to check a login, and not to log in elsewhere. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type Users = ReadonlyMap<string, Readonly<Record<ScramMechanism, ScramCredential>>>;

export const usersHint = 'mqchaos broker start writes it at each start: see docs/broker.md';

/**
 * Who may log in, from the text of a file: `[{"user":"alice","SCRAM-SHA-256":{"salt":…,"iterations":…,"storedKey":…,"serverKey":…},
 * "SCRAM-SHA-512":{…}}]`, bytes in base64. Throws `bad-users-file`.
 */
export function usersFrom(text: string, file: string): Users {
  try {
    const listed = JSON.parse(text) as readonly Readonly<Record<string, unknown>>[];
    return new Map(
      listed.map((one) => [
        textIn(one, 'user'),
        { 'SCRAM-SHA-256': credentialIn(one, 'SCRAM-SHA-256'), 'SCRAM-SHA-512': credentialIn(one, 'SCRAM-SHA-512') },
      ]),
    );
  } catch (error) {
    throw new BrokerError('bad-users-file', `${file}: ${messageOf(error)}`, usersHint, error);
  }
}

function credentialIn(user: Readonly<Record<string, unknown>>, mechanism: ScramMechanism): ScramCredential {
  const { iterations, ...found } = user[mechanism] as Record<string, unknown>;
  if (typeof iterations !== 'number' || iterations < 1) throw new Error(`no number of iterations for ${mechanism}`);
  const bytes = (key: string) => Buffer.from(textIn(found, key), 'base64');
  return { iterations, salt: bytes('salt'), storedKey: bytes('storedKey'), serverKey: bytes('serverKey') };
}

function textIn(value: Readonly<Record<string, unknown>>, key: string): string {
  const found = value[key];
  if (typeof found !== 'string' || found === '') throw new Error(`no ${key}`);
  return found;
}
