// client.mjs bytes|trips PORT CONNECTIONS SECONDS: one JSON line of what it measured.
import { connect } from 'node:net';

const [kind, port, connections, seconds] = process.argv
  .slice(2)
  .map((value, index) => (index === 0 ? value : Number(value)));
const chunk = Buffer.alloc(65_536, 's');

const send = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const endMs = performance.now() + seconds * 1000;
    let said = '';
    const more = () => {
      while (performance.now() < endMs) if (!socket.write(chunk)) return void socket.once('drain', more);
      socket.write('\n'); // toxiproxy passes no half-close on: the end is told in bytes
    };
    socket
      .on('connect', more)
      .on('error', reject)
      .on('data', (data) => {
        said += data;
      });
    socket.on('data', () => {
      if (!said.endsWith('\n')) return;
      socket.destroy();
      resolve(Number(said));
    });
  });

const trip = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const message = Buffer.alloc(128, 'e');
    const took = [];
    const endMs = performance.now() + seconds * 1000;
    let at = 0;
    let got = 0;
    const next = () => {
      if (performance.now() >= endMs) return socket.destroy();
      got = 0;
      at = performance.now();
      socket.write(message);
    };
    socket
      .on('connect', next)
      .on('error', reject)
      .on('close', () => resolve(took));
    socket.on('data', (data) => {
      got += data.length;
      if (got < message.length) return;
      took.push((performance.now() - at) * 1000);
      next();
    });
  });

if (kind === 'bytes') {
  const started = performance.now();
  const counts = await Promise.all(Array.from({ length: connections }, send));
  const bytes = counts.reduce((sum, count) => sum + count, 0);
  const megabytes = bytes / 1e6;
  console.log(JSON.stringify({ megabytes, megabytesPerSecond: megabytes / ((performance.now() - started) / 1000) }));
} else {
  const all = await trip();
  const took = all.slice(Math.min(100, all.length >> 1)).sort((a, b) => a - b);
  const at = (share) => took[Math.floor(took.length * share)];
  console.log(JSON.stringify({ p50Us: at(0.5), p99Us: at(0.99), trips: took.length }));
}
