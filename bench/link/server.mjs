// Echoes what begins with 'e'; swallows what begins with 's', and tells after a line's end how many bytes that were.
import { createServer } from 'node:net';

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  let count = 0;
  let echoes;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    echoes ??= chunk[0] === 'e'.charCodeAt(0);
    count += chunk.length;
    if (echoes) socket.write(chunk);
    else if (chunk.at(-1) === 10) socket.write(`${count}\n`);
  });
  socket.on('end', () => socket.end());
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
