/**
 * usage: node generate.mjs FOLDER MESSAGES
 * An application's own log of what it sent, and one of what it received, as JSON lines: 8 partitions, 4 producers with
 * sequences. Every 10,000th message is acknowledged and lost, every 5,000th received twice, every 20,000th has no answer.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const [folder, count] = process.argv.slice(2);
const messages = Number(count);
mkdirSync(folder, { recursive: true });
const startMs = 1_795_901_535_911;
const truth = { messages, lost: 0, duplicates: 0, unknown: 0 };

class File {
  constructor(name) {
    this.fd = openSync(join(folder, name), 'w');
    this.text = '';
  }
  line(text) {
    this.text += `${text}\n`;
    if (this.text.length > 1 << 20) this.flush();
  }
  flush() {
    writeSync(this.fd, this.text);
    this.text = '';
  }
  close() {
    this.flush();
    closeSync(this.fd);
  }
}

const sent = new File('sent.log');
const received = new File('received.log');
for (let at = 0; at < messages; at += 1) {
  const order = `"order":{"id":"order-${at}"},"meta":{"partition":${at % 8},"offset":${at >> 3}}`;
  const unknown = at % 20_000 === 19_999;
  const lost = !unknown && at % 10_000 === 9_999;
  const twice = !lost && at % 5_000 === 4_998;
  truth.unknown += unknown ? 1 : 0;
  truth.lost += lost ? 1 : 0;
  truth.duplicates += twice ? 1 : 0;
  sent.line(
    `{"event":"sent",${order},"from":{"name":"p${at % 4}","count":${at >> 2}},"status":"${unknown ? 'timeout' : 'ok'}","at":${startMs + (at >> 3)}}`,
  );
  const receipt = `{"event":"got",${order},"at":${startMs + 10 + (at >> 3)}}`;
  if (!lost) received.line(receipt);
  if (twice) received.line(receipt);
}
sent.close();
received.close();
writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
