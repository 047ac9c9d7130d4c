/**
 * A certificate authority of a standing cluster's own, kept in its folder, and a certificate of it for its brokers, made anew
 * at each start. Node makes keys but no certificates; node-forge signs them, and is loaded only here.
 */
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { pki } from 'node-forge';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface MadeCertificate extends CertificateFiles {
  /** The file that clients are to trust. */
  readonly ca: string;
}

const dayMs = 86_400_000;
const authorityDays = 3650;
/** What Apple's clients take at most. */
const serverDays = 825;
/** Clocks differ. */
const earlierMs = dayMs;

/** @param names hosts and IP addresses that clients may connect to */
export async function makeCertificate(folder: string, names: readonly string[]): Promise<MadeCertificate> {
  mkdirSync(folder, { recursive: true });
  const forge = (await import('node-forge')).default;
  const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  const caKey = join(folder, 'ca.key');
  if (!isGood(files.ca) || !existsSync(caKey)) {
    const made = keyPair();
    const subject = [{ name: 'commonName', value: `mqchaos ${randomBytes(4).toString('hex')}` }];
    const cert = newCertificate(forge.pki, made.publicKey, authorityDays);
    cert.setSubject(subject);
    cert.setIssuer(subject);
    cert.setExtensions([
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ]);
    cert.sign(forge.pki.privateKeyFromPem(made.privateKey), forge.md.sha256.create());
    writeFileSync(caKey, made.privateKey, { mode: 0o600 });
    writeFileSync(files.ca, forge.pki.certificateToPem(cert));
  }
  const authority = forge.pki.certificateFromPem(readFileSync(files.ca, 'utf8'));
  const own = keyPair();
  const cert = newCertificate(forge.pki, own.publicKey, serverDays);
  cert.setSubject([{ name: 'commonName', value: names[0] ?? 'localhost' }]);
  cert.setIssuer(authority.subject.attributes);
  cert.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map(altName) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: authority.generateSubjectKeyIdentifier().getBytes() },
  ]);
  cert.sign(forge.pki.privateKeyFromPem(readFileSync(caKey, 'utf8')), forge.md.sha256.create());
  writeFileSync(files.key, own.privateKey, { mode: 0o600 });
  writeFileSync(files.cert, forge.pki.certificateToPem(cert));
  return files;
}

/** Kept from an earlier start, and not about to end. */
function isGood(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    return Date.parse(new X509Certificate(readFileSync(file)).validTo) > Date.now() + 30 * dayMs;
  } catch {
    return false; // damaged: another is made
  }
}

function keyPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

function newCertificate(forge: typeof pki, publicKey: string, days: number): pki.Certificate {
  const cert = forge.createCertificate();
  cert.publicKey = forge.publicKeyFromPem(publicKey);
  // positive, whatever the first bit is (RFC 5280, 4.1.2.2)
  cert.serialNumber = `00${randomBytes(16).toString('hex')}`;
  cert.validity.notBefore = new Date(Date.now() - earlierMs);
  cert.validity.notAfter = new Date(Date.now() + days * dayMs);
  return cert;
}

/** Kinds of RFC 5280, 4.2.1.6. */
function altName(name: string) {
  return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name };
}
