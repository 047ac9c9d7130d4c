// What it costs a link to read Kafka's protocol while no rule is in force: the same Produce requests and answers through the
// reader and past it, in one process without a network, in turn. Needs `npm run build`.
//   node bench/link/frames.mjs [ROUNDS]
import { produce } from '../../dist/broker/wire/apis/records.js';
import { frame } from '../../dist/broker/wire/frame.js';
import { encodeRequest, encodeResponse } from '../../dist/broker/wire/message.js';
import { RuleBook } from '../../dist/link/wire/rule-book.js';
import { WireConnection } from '../../dist/products/kafka/wire/connection.js';

const rounds = Number(process.argv[2] ?? 7);
const messages = 20_000;
/** What Node reads from a socket at once, at most. */
const chunkBytes = 65_536;

const nothing = () => undefined;
const outlet = () => {
  const counts = { bytes: 0 };
  const take = (chunk) => {
    counts.bytes += chunk.length;
  };
  return { counts, toServer: take, toClient: take, endToServer: nothing, endToClient: nothing, reset: nothing };
};

function traffic(recordBytes) {
  const request = (correlationId) => {
    const partitions = [{ index: 0, records: Buffer.alloc(recordBytes, 7) }];
    const body = { transactionalId: null, acks: -1, timeoutMs: 1000, topics: [{ name: 'orders', partitions }] };
    return frame(encodeRequest(produce, { version: 7, correlationId, clientId: 'bench' }, body));
  };
  const answer = (correlationId) => {
    const partition = { index: 0, errorCode: 0, baseOffset: 1, logAppendTimeMs: -1, logStartOffset: 0 };
    const body = {
      topics: [{ name: 'orders', partitions: [{ ...partition, recordErrors: [], errorMessage: null }] }],
      throttleTimeMs: 0,
    };
    return frame(encodeResponse(produce, 7, correlationId, body));
  };
  // as many in flight as fit into one read
  const inFlight = Math.max(1, Math.floor(chunkBytes / request(1).length));
  const talk = [];
  for (let from = 0; from < messages; from += inFlight) {
    const ids = Array.from({ length: Math.min(inFlight, messages - from) }, (_, index) => from + index);
    talk.push([Buffer.concat(ids.map(request)), Buffer.concat(ids.map(answer))]);
  }
  return talk;
}

function once(talk, isRead) {
  const out = outlet();
  const connection = isRead
    ? new WireConnection({ link: 'b1', number: 1, source: nothing, log: nothing }, out, new RuleBook())
    : { fromClient: out.toServer, fromServer: out.toClient };
  const began = process.cpuUsage();
  for (const [asked, answered] of talk) {
    connection.fromClient(asked);
    connection.fromServer(answered);
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / messages;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
for (const recordBytes of [300, 4096, 65_536]) {
  const talk = traffic(recordBytes);
  const [read, past] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    read.push(once(talk, true));
    past.push(once(talk, false));
  }
  const perRequest = median(read) - median(past);
  const megabytes = recordBytes / perRequest;
  console.log(
    `${recordBytes} B a request: ${perRequest.toFixed(2)} us of CPU more for a request and its answer (${megabytes.toFixed(0)} MB a second of CPU)`,
  );
}
