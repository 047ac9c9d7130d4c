import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BrokerError, messageOf } from '../errors.ts';
import { errnoOf } from './errno.ts';

/**
 * The secret of a cluster, from a file that only its owner may read. Whoever of the cluster comes first makes it; the file is
 * created with its content by `link`, which fails if the name exists, so that all have the same. Throws `bad-secret-file`.
 */
export function sharedSecret(file: string): string {
  const own = `${file}.${process.pid}`;
  try {
    if (!fs.existsSync(file)) {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(own, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
      linkUnlessThere(own, file);
    }
    const secret = fs.readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{64}$/.test(secret)) return secret;
  } catch (error) {
    throw bad(file, messageOf(error));
  } finally {
    fs.rmSync(own, { force: true });
  }
  throw bad(file, 'holds something else than 64 hexadecimal digits');
}

function linkUnlessThere(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function bad(file: string, problem: string): BrokerError {
  const hint = 'check who may read it; if it is damaged, stop all nodes of the cluster and remove it';
  return new BrokerError('bad-secret-file', `${file}: ${problem}`, hint);
}
