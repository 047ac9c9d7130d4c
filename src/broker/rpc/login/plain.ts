import { timingSafeEqual } from 'node:crypto';
import { type Login, Refused } from './mechanism.ts';
import { storedKeyOf } from './scram.ts';
import type { Users } from './users.ts';

/** PLAIN (RFC 4616), with the messages of Kafka's PlainSaslServer. The password is checked against what SCRAM keeps of it. */
export function plain(users: Users): Login {
  return {
    async answer(token) {
      const tokens = token.toString('utf8').split('\0');
      if (tokens.length !== 3) {
        const message = `Invalid SASL/PLAIN response: expected 3 tokens, got ${tokens.length}`;
        throw new Refused(message, 'what came is no login of PLAIN');
      }
      const [asWhom = '', user = '', password = ''] = tokens;
      if (user === '') throw new Refused('Authentication failed: username not specified', 'no user was named');
      if (password === '')
        throw new Refused('Authentication failed: password not specified', `'${user}' gave no password`);
      const invalid = 'Authentication failed: Invalid username or password';
      const known = users.get(user)?.['SCRAM-SHA-256'];
      if (known === undefined) throw new Refused(invalid, `there is no user '${user}'`);
      const storedKey = await storedKeyOf('sha256', password, known);
      if (!timingSafeEqual(storedKey, known.storedKey)) throw new Refused(invalid, `wrong password of '${user}'`);
      if (asWhom !== '' && asWhom !== user) {
        const other = 'Authentication failed: Client requested an authorization id that is different from username';
        throw new Refused(other, `'${user}' wants to act as '${asWhom}'`);
      }
      return { token: Buffer.alloc(0), user };
    },
  };
}
