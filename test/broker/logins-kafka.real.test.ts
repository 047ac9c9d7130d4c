/** The same conversations before and during a login, with a real Kafka and with this broker: equal answers. */
import { existsSync } from 'node:fs';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { saslAuthenticate, saslHandshake } from '../../src/broker/wire/apis/admin.ts';
import { heartbeat } from '../../src/broker/wire/apis/groups.ts';
import { frame } from '../../src/broker/wire/frame.ts';
import { encodeRequest } from '../../src/broker/wire/message.ts';
import { missingKafka, startKafka } from '../support/kafka.ts';
import { startBroker } from '../support/standing.ts';

const missing = missingKafka();
const header = (version: number) => ({ version, correlationId: 7, clientId: 'stranger' });
const shake = (mechanism: string, version = 1) => encodeRequest(saslHandshake, header(version), { mechanism });
const token = (text: string, version = 2) =>
  encodeRequest(saslAuthenticate, header(version), { authBytes: Buffer.from(text) });
const beat = encodeRequest(heartbeat, header(3), { ...heartbeat.request.zero, groupId: 'g' });
const right = '\0alice\0secret';

const conversations: Readonly<Record<string, readonly Buffer[]>> = {
  'no login': [beat],
  'a token before the handshake': [token(right)],
  'a mechanism that is not there': [shake('GSSAPI')],
  'a request in the middle': [shake('PLAIN'), beat],
  'a second handshake in the middle': [shake('PLAIN'), shake('PLAIN')],
  'PLAIN: right': [shake('PLAIN'), token(right)],
  'PLAIN: right, an old version': [shake('PLAIN'), token(right, 0)],
  'PLAIN: a wrong password': [shake('PLAIN'), token('\0alice\0no')],
  'PLAIN: nobody': [shake('PLAIN'), token('\0bob\0secret')],
  'PLAIN: no password': [shake('PLAIN'), token('\0alice\0')],
  'PLAIN: as somebody else': [shake('PLAIN'), token('bob\0alice\0secret')],
  'PLAIN: garbage': [shake('PLAIN'), token('garbage')],
  'PLAIN: logged in twice': [shake('PLAIN'), token(right), shake('PLAIN'), token(right)],
  'SCRAM: nobody': [shake('SCRAM-SHA-512'), token('n,,n=bob,r=abc')],
  'SCRAM: garbage': [shake('SCRAM-SHA-512'), token('garbage')],
  'SCRAM: a wrong nonce': [shake('SCRAM-SHA-512'), token('n,,n=alice,r=abc'), token('c=biws,r=abc,p=v0X8')],
  'without headers: right': [shake('PLAIN', 0), Buffer.from(right), shake('PLAIN')],
  'without headers: wrong': [shake('PLAIN', 0), Buffer.from('\0alice\0no')],
};

describe.skipIf(missing !== undefined)(`logins${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('are answered as a real Kafka does', async () => {
    await using kafka = await startKafka();
    await using broker = await startBroker('--tls', '--sasl', 'alice:secret');
    expect(existsSync(broker.ca ?? '')).toBe(true);
    const [theirs, ours]: Record<string, string[]>[] = [{}, {}];
    for (const [name, requests] of Object.entries(conversations)) {
      Object.assign(theirs ?? {}, { [name]: await converse(kafka.secured, requests) });
      Object.assign(ours ?? {}, { [name]: await converse(broker.bootstrap, requests) });
    }
    expect(ours).toEqual(theirs);
  }, 180_000);
});

/** The answers, and `closed` where the connection was. Each request is sent when the one before was answered. */
async function converse(address: string, requests: readonly Buffer[]): Promise<string[]> {
  const [host, port] = address.split(':');
  const socket = connect({ host: String(host), port: Number(port), rejectUnauthorized: false });
  const said: string[] = [];
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    for (const request of requests) {
      socket.write(frame(request));
      const answer = await nextOf(socket);
      if (answer === undefined) return [...said, 'closed'];
      said.push(comparable(answer));
    }
    return said;
  } finally {
    socket.destroy();
  }
}

function nextOf(socket: ReturnType<typeof connect>): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = (value: Buffer | undefined): void => {
      socket.removeAllListeners('data');
      resolve(value);
    };
    socket.once('data', end);
    socket.once('close', () => end(undefined));
    socket.once('error', () => end(undefined));
    if (socket.destroyed) end(undefined);
  });
}

/** Without what is another on each server: which mechanisms there are, nonce, salt and their length. */
function comparable(answer: Buffer): string {
  const text = answer.toString('latin1');
  const list = text.indexOf('\0\x05PLAIN');
  if (list >= 0) return `${answer.subarray(4, 10).toString('hex')} mechanisms`;
  if (/r=abc/.test(text)) return `${answer.subarray(4, 12).toString('hex')} challenge`;
  return answer.toString('hex');
}
