/**
 * The reaper: a small process that outlives a killed tool by a moment. It waits for its stdin to end; unless the tool
 * said goodbye before, it undoes what the ledger holds of this host: kills the run's processes (a stopped one cannot see
 * that the tool is gone), continues what was paused, starts again what was ended. Topics are left to `doctor clean`.
 */
import { closeEntries, readOpenEntries } from './ledger.ts';
import { undoLocal } from './undo.ts';

const ledger = process.argv[2] ?? '';
let said = '';

// Ctrl-C and a closing terminal are the tool's to answer; we end when it does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
  said += text;
});
process.stdin.on('error', () => {}); // an end like any other: 'close' follows
process.stdin.on('close', () => void undoUnlessGoodbye());

async function undoUnlessGoodbye(): Promise<void> {
  if (said.includes('goodbye')) return;
  for (const open of readOpenEntries(ledger)) {
    const undone = await undoLocal(open);
    if (undone?.ok === true) closeEntries(ledger, [undone.id]);
  }
}
