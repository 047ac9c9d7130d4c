import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Login, Refused, type Step } from './mechanism.ts';
import { type ScramCredential, type ScramMechanism, scramHashes, type Users } from './users.ts';

type Hash = (typeof scramHashes)[ScramMechanism];

const derive = promisify(pbkdf2);

/** SCRAM without channel binding (RFC 5802), as Kafka has it: names and passwords are taken as they are, without SASLprep. */
export function scram(mechanism: ScramMechanism, users: Users, nonce: string): Login {
  const hash = scramHashes[mechanism];
  let asked: Asked | undefined;
  const refused = (reason: string) =>
    new Refused(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`,
      reason,
    );

  const first = (message: string): Step => {
    const [, header, asWhom, bare, name, clientNonce] =
      /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(message) ?? [];
    if (header === undefined || bare === undefined || name === undefined || clientNonce === undefined) {
      throw refused(`what came is no login of ${mechanism}`);
    }
    const user = unescaped(name);
    if (asWhom !== undefined && unescaped(asWhom) !== user) throw refused(`'${user}' wants to act as '${asWhom}'`);
    const known = users.get(user)?.[mechanism];
    if (known === undefined) throw refused(`there is no user '${user}'`);
    const both = clientNonce + nonce;
    const answer = `r=${both},s=${known.salt.toString('base64')},i=${known.iterations}`;
    asked = { user, known, nonce: both, header, exchanged: `${bare},${answer}` };
    return { token: Buffer.from(answer) };
  };

  const last = (message: string, { user, known, nonce: both, header, exchanged }: Asked): Step => {
    const [, bare, binding = '', answered, proof = ''] =
      /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/s.exec(message) ?? [];
    if (answered?.endsWith(both) === true && answered !== both) {
      // or a login that was heard could be sent again (CVE-2024-56128)
      throw refused(
        `'${user}' sends its nonce twice, as librdkafka before 2.6.1, which Kafka 4 refuses too; PLAIN works`,
      );
    }
    if (answered !== both || Buffer.from(binding, 'base64').toString() !== header) {
      throw refused(`what came from '${user}' is no answer of ${mechanism}`);
    }
    const signed = `${exchanged},${bare}`;
    const signature = hmac(hash, known.storedKey, signed);
    const given = Buffer.from(proof, 'base64');
    const clientKey = Buffer.from(signature.map((byte, index) => byte ^ (given[index] ?? 0)));
    const isRight = given.length === signature.length && timingSafeEqual(digest(hash, clientKey), known.storedKey);
    if (!isRight) throw refused(`wrong password of '${user}'`);
    return { token: Buffer.from(`v=${hmac(hash, known.serverKey, signed).toString('base64')}`), user };
  };

  return {
    async answer(token) {
      const message = token.toString('utf8');
      return asked === undefined ? first(message) : last(message, asked);
    },
  };
}

interface Asked {
  readonly user: string;
  readonly known: ScramCredential;
  /** The client's nonce and ours. */
  readonly nonce: string;
  /** Of GS2: what the client says of channel binding. */
  readonly header: string;
  readonly exchanged: string;
}

/** What is kept of a password, to compare with. */
export async function storedKeyOf(
  hash: Hash,
  password: string,
  { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>,
): Promise<Buffer> {
  const salted = await derive(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash);
  return digest(hash, hmac(hash, salted, 'Client Key'));
}

function hmac(hash: Hash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}

function digest(hash: Hash, bytes: Buffer): Buffer {
  return createHash(hash).update(bytes).digest();
}

function unescaped(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
