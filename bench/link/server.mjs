// Echoes what begins with 'e', swallows what begins with 's', and tells at its end how many bytes that were.
import { createServer } from 'node:net';

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  let count = 0;
  let echoes;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    echoes ??= chunk[0] === 'e'.charCodeAt(0);
    count += chunk.length;
    if (echoes) socket.write(chunk);
  });
  socket.on('end', () => socket.end(echoes ? '' : `${count}\n`));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
