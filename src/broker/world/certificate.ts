import * as fs from 'node:fs';
import * as tls from 'node:tls';
import { BrokerError, messageOf } from '../errors.ts';
import type { Certificate } from './world.ts';

/** A certificate with its key, from files of PEM. Throws `bad-certificate`. */
export function certificateFrom(certFile: string, keyFile: string): Certificate {
  try {
    const certificate = { cert: fs.readFileSync(certFile, 'utf8'), key: fs.readFileSync(keyFile, 'utf8') };
    tls.createSecureContext(certificate);
    return certificate;
  } catch (error) {
    const hint = 'two files of PEM: the certificate (its chain behind it), and its key without a passphrase';
    throw new BrokerError('bad-certificate', `${certFile}, ${keyFile}: ${messageOf(error)}`, hint, error);
  }
}
