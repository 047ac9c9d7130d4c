/** A request without some of the partitions that it is about. */
import { frame } from '../../../broker/wire/frame.ts';
import { encodeRequest } from '../../../broker/wire/message.ts';
import type { WirePart } from '../../../link/wire/rule-book.ts';
import { type Body, type Head, isPartitioned } from './request.ts';

/** Undefined: nothing is left of it. */
export function withoutParts(
  { version, correlationId, clientId }: Head,
  { api, request }: Body,
  parts: readonly WirePart[],
): Buffer | undefined {
  if (!isPartitioned(request)) return undefined;
  const goes = (topic: string, index: number): boolean =>
    parts.some((part) => part.topic === topic && part.partition === index);
  const topics = request.topics
    .map((topic) => ({ ...topic, partitions: topic.partitions.filter(({ index }) => !goes(topic.name, index)) }))
    .filter(({ partitions }) => partitions.length > 0);
  if (topics.length === 0) return undefined;
  return frame(encodeRequest(api, { version, correlationId, clientId }, { ...request, topics }));
}
