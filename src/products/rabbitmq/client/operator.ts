/**
 * What only an operator can ask a node of ours: how many messages queues hold, settled or not, and who has copies. Through
 * the `rabbitmqctl` of the node's folder, because AMQP tells of a queue only what is ready in it, and `list_queues` and
 * the management plugin tell of a quorum queue what it held up to five seconds ago: 0 of 2,000 after a restart.
 *
 * `eval` asks the queue itself: a classic queue's process, and of a quorum queue the Raft group (`consistent_query`, which
 * its leader answers only with a majority behind it).
 */
import { dirname, join } from 'node:path';
import { runProgram } from '../../../cluster/process.ts';
import { within } from '../../../wait.ts';
import type { NodeAddress } from '../../cluster.ts';

export interface QueueCounts {
  readonly ready: number;
  readonly unsettled: number;
  /** On their way to where dead letters go, with at-least-once. */
  readonly leaving: number;
}

const askMs = 15_000;

/** Counts of those of the queues that exist, by name. @throws Error when no node answers for all of them. */
export async function askCounts(
  nodes: readonly NodeAddress[],
  vhost: string,
  queues: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, QueueCounts>> {
  const said = await ask(nodes, countsOf(vhost, queues), signal);
  const counts = Object.entries(said as Record<string, [number, number, number]>);
  return new Map(counts.map(([name, [ready, unsettled, leaving]]) => [name, { ready, unsettled, leaving }]));
}

/** Of each quorum queue whose name begins so: nodes that have no copy, or one that lacks what its leader has committed. */
export async function askBehind(
  nodes: readonly NodeAddress[],
  vhost: string,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const said = (await ask(nodes, replicasOf(vhost, prefix), signal)) as Record<string, Record<string, number>>;
  return Object.entries(said).flatMap(([queue, replicas]) => {
    const end = Math.max(...Object.values(replicas));
    const behind = nodes.filter(({ id, role }) => role === 'node' && (replicas[id] ?? -1) < end);
    return behind.map(({ id }) => `queue ${queue} on ${id}`);
  });
}

/** Makes a node a member of every quorum queue. Resolves with how many queues it joined. */
export async function joinQueues(node: NodeAddress, signal: AbortSignal): Promise<number> {
  return (await askOne(node, joining, signal)) as number;
}

/**
 * Writes down what every node still holds of its tables on disk. Ra notes which queue is which log in a table that Erlang
 * writes up to three seconds later; a node that is killed before takes a quorum queue for a new one, and starts it with an
 * empty log that never elects a leader (seen with 3.10.8; rabbitmq-server #15725 has the same end).
 */
export async function writeTables(nodes: readonly NodeAddress[], signal: AbortSignal): Promise<void> {
  await ask(nodes, writing, signal);
}

async function ask(nodes: readonly NodeAddress[], expression: string, signal: AbortSignal): Promise<unknown> {
  let failure: unknown = new Error('no node of ours can be asked');
  for (const node of nodes.filter(({ role, folder }) => role === 'node' && folder !== undefined)) {
    if (signal.aborted) break;
    try {
      return await askOne(node, expression, signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** @throws Error when the node is down, or what is asked cannot be answered. */
async function askOne({ id, folder = '' }: NodeAddress, expression: string, signal: AbortSignal): Promise<unknown> {
  const args = ['-q', '-t', String(askMs / 1000), '--formatter', 'json', 'eval', expression];
  const program = runProgram({ command: join(folder, 'rabbitmqctl'), args }, dirname(dirname(folder)));
  const { result, value } = await within(program, { what: `rabbitmqctl of ${id}`, boundMs: askMs + 5_000, signal });
  if (result !== 'ok') throw new Error(`rabbitmqctl of ${id}: ${JSON.stringify(value ?? result)}`);
  return value;
}

/**
 * A leader that has just been elected answers for what it has applied, which after a restart may be the beginning of its log:
 * 153 of 400 messages were seen, on one node, in the moment after it. Its word counts once its whole log is committed.
 */
function countsOf(vhost: string, queues: readonly string[]): string {
  const names = queues.map((name) => `<<${JSON.stringify(name)}>>`).join(',');
  return `maps:from_list([{element(4,amqqueue:get_name(Q)),
    case amqqueue:get_type(Q) of
      rabbit_quorum_queue ->
        [true]=[maps:get(<<"Commit Index">>,P)==maps:get(<<"Last Log Index">>,P,maps:get(<<"Log Index">>,P,none))
          ||L<-rabbit_quorum_queue:status(<<${JSON.stringify(vhost)}>>,N),P<-[maps:from_list(L)],
            maps:get(<<"Raft State">>,P,none)==leader],
        {ok,#{num_messages:=T,num_ready_messages:=R,num_checked_out:=C}=S,_}=
          ra:consistent_query(amqqueue:get_pid(Q),fun rabbit_fifo:overview/1),
        D=maps:get(num_discarded,S,0)+maps:get(num_discard_checked_out,S,0),
        [R,C,max(D,T-R-C)];
      _ ->
        [{_,R},{_,C},{_,running}]=rabbit_amqqueue:info(Q,[messages_ready,messages_unacknowledged,state]),
        [R,C,0]
    end}||N<-[${names}],{ok,Q}<-[rabbit_amqqueue:lookup({resource,<<${JSON.stringify(vhost)}>>,queue,N})]]).`;
}

/** By the names that nodes have here, without \`@localhost\`. The key has had two names. */
function replicasOf(vhost: string, prefix: string): string {
  const prefixed = `<<${JSON.stringify(prefix)}>>`;
  return `maps:from_list([{N,maps:from_list([
      {hd(binary:split(atom_to_binary(maps:get(<<"Node Name">>,M),utf8),<<"@">>)),
       case maps:get(<<"Commit Index">>,M,-1) of I when is_integer(I) -> I; _ -> -1 end}
      ||P<-rabbit_quorum_queue:status(<<${JSON.stringify(vhost)}>>,N),M<-[maps:from_list(P)]])}
    ||Q<-rabbit_amqqueue:list(<<${JSON.stringify(vhost)}>>),amqqueue:get_type(Q)==rabbit_quorum_queue,
      N<-[element(4,amqqueue:get_name(Q))],
      binary:longest_common_prefix([N,${prefixed}])==byte_size(${prefixed})]).`;
}

/** Written down at once, as of new queues: a member that forgot its log may not vote. */
const joining = `begin J=length([joined||Q<-rabbit_amqqueue:list(),amqqueue:get_type(Q)==rabbit_quorum_queue,
    not lists:member(node(),maps:get(nodes,amqqueue:get_type_state(Q))),
    {resource,V,queue,N}<-[amqqueue:get_name(Q)],
    ok==rabbit_quorum_queue:add_member(V,N,node(),15000)]),
    [dets:sync(T)||T<-dets:all()],
    J end.`;

const writing = `length([T||N<-[node()|nodes()],T<-rpc:call(N,dets,all,[]),ok==rpc:call(N,dets,sync,[T])]).`;
