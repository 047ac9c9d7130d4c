import { code } from '../../wire/codes.ts';
import { plain } from './plain.ts';
import { scram } from './scram.ts';
import { type ScramMechanism, scramHashes, type Users } from './users.ts';

/** One login by a mechanism of SASL: takes the client's tokens one by one. */
export interface Login {
  /** @throws Refused */
  answer(token: Buffer): Promise<Step>;
}

export interface Step {
  readonly token: Buffer;
  /** Set when the login has succeeded. */
  readonly user?: string;
}

/** A login that failed. The client is told the message, the terminal the reason, which may name the user. */
export class Refused extends Error {
  readonly reason: string;

  constructor(message: string, reason: string) {
    super(message);
    this.reason = reason;
  }
}

export const refusedCode = code.SASL_AUTHENTICATION_FAILED;

/** @param nonce random text, new for every login */
export function loginBy(mechanism: string, users: Users, nonce: () => string): Login | undefined {
  if (mechanism === 'PLAIN') return plain(users);
  return mechanism in scramHashes ? scram(mechanism as ScramMechanism, users, nonce()) : undefined;
}
