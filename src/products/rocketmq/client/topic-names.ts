/** Names of the topics that the broker itself makes for a group. */

/** What POP handed out: of the topic itself (0), or of the group's retry topic in one of its two ways of writing (1, 2). */
export function realTopic(topic: string, group: string, kind: string): string {
  if (kind === '1') return `%RETRY%${group}_${topic}`;
  return kind === '2' ? `%RETRY%${group}+${topic}` : topic;
}

export function deadLetterTopic(group: string): string {
  return `%DLQ%${group}`;
}

/** A retry topic or the dead letters of this group. */
export function isOfGroup(topic: string, group: string): boolean {
  const retry = `%RETRY%${group}`;
  return (
    topic === deadLetterTopic(group) ||
    topic === retry ||
    topic.startsWith(`${retry}_`) ||
    topic.startsWith(`${retry}+`)
  );
}
