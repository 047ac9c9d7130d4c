/** Shortest invisible time that RocketMQ's own Java client asks for (ClientConfig and DefaultMQPushConsumer: 5 s), in ms. */
export const leastInvisibleMs = 5_000;

/** For how long a message is hidden that was handed to a consumer: its session, so to say. */
export function invisibleMs(sessionTimeoutMs: number): number {
  return Math.max(leastInvisibleMs, sessionTimeoutMs);
}
