/** What `mqchaos broker status` prints. */
import { counted } from '../../counted.ts';
import type { StandingStatus } from '../../run/standing/cluster.ts';
import { clusterKind } from '../../run/standing/folder.ts';
import type { Overview } from '../../run/standing/overview.ts';
import { faultState } from '../order.ts';
import { shownPath } from '../shown-path.ts';

/** A cluster of an older version says nothing of topics and groups. */
export function statusLines(standing: Partial<Overview> & StandingStatus): string[] {
  const { bootstrap, folder, nodes, faults, topics = [], groups = [] } = standing;
  return [
    `bootstrap  ${bootstrap}`,
    `folder     ${shownPath(folder)}`,
    ...nodes.map(({ id, role, state, pid, address }) =>
      `  ${id.padEnd(6)} ${role.padEnd(11)} ${state.padEnd(8)} ${(address ?? '').padEnd(21)} ${pid === undefined ? '' : `pid ${pid}`}`.trimEnd(),
    ),
    ...faults.map((fault) => faultState(fault, clusterKind.command)),
    ...topicLines(topics),
    ...groupLines(groups),
  ];
}

/** How many partitions of a topic have their ends shown. */
const shownEnds = 8;

function topicLines(topics: Overview['topics']): string[] {
  const width = Math.max(0, ...topics.map(({ topic }) => topic.length));
  return topics.map(({ topic, partitions }) => {
    const messages = partitions.reduce((sum, { start, end }) => sum + end - start, 0);
    const ends = partitions.slice(0, shownEnds).map(({ end }) => end);
    const more = partitions.length > shownEnds ? ' …' : '';
    const counts = `${counted(partitions.length, 'partition')}, ${counted(messages, 'message')}`;
    return `topic ${topic.padEnd(width)}  ${counts}, ends ${ends.join(' ')}${more}`;
  });
}

function groupLines(groups: Overview['groups']): string[] {
  const width = Math.max(0, ...groups.map(({ group }) => group.length));
  return groups.map(({ group, state, members, lag, lastCommitAgeMs }) => {
    const age =
      lastCommitAgeMs === null ? 'no commit seen' : `last commit ${(lastCommitAgeMs / 1000).toFixed(1)} s ago`;
    return `group ${group.padEnd(width)}  ${state}, ${counted(members.length, 'member')}, lag ${lag}, ${age}`;
  });
}
