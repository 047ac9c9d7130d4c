/**
 * A consumer's processing in a process of its own, for tests that kill it: applies the messages it is given one after
 * the other, and says what came of each before it begins the next. Runs the compiled program, as workers do.
 */
import { openEffects } from '../../../dist/effects/effects.js';

process.once('disconnect', () => process.exit(1));
process.once('message', async ({ settings, access, messages, stops }) => {
  const effects = await openEffects(settings, access);
  const visits = new Map();
  const visit = (point) => {
    const count = (visits.get(point) ?? 0) + 1;
    visits.set(point, count);
    if (stops.some((stop) => stop.point === point && stop.count === count)) process.kill(process.pid, 'SIGKILL');
  };
  for (const [index, message] of messages.entries()) {
    await visit('after receive', message);
    const outcome = await effects.apply(message, visit);
    await new Promise((told) => process.send({ index, outcome }, told));
    await visit('after ack sent', message);
  }
  await effects[Symbol.asyncDispose]();
  process.disconnect();
});
