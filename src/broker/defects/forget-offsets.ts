import type { DerivedGroups } from '../store/checkpoint/derived-groups.ts';
import type { Defect } from './defect.ts';

/** Takes no committed offsets from the log at a restart or as follower: consumer groups begin anew. */
export const forgetOffsets: Defect = {
  name: 'forget-offsets',
  summary: 'forgets the committed offsets of all groups with every restart',
  under: 'a restart of the master that coordinates the group',
  caughtAs: 'duplicate-delivered',
  replaces: ({ groups }) => ({ groups: forgetful(groups) }),
};

function forgetful(groups: DerivedGroups): DerivedGroups {
  return {
    apply: () => undefined,
    load: () => {},
    holdsTopic: (topicId) => groups.holdsTopic(topicId),
    dropTopic: (topicId) => groups.dropTopic(topicId),
    reset: () => groups.reset(),
    save: () => groups.save(),
    show: (position) => groups.show(position),
  };
}
