// Prints which tests failed and why, from vitest's JSON report: `node .ci/failures.mjs REPORT`.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Lines of an error that are shown; the whole of it stands where the test ran. */
const LINES_SHOWN = 40;

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  const name = relative(process.cwd(), file.name);
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  // A file that failed without a test that did: it could not be loaded, or a hook threw.
  if (file.status === 'failed' && failed.length === 0) show(name, file.message);
  for (const test of failed) show(`${name} > ${test.fullName}`, test.failureMessages.join('\n'));
}

function show(name, message) {
  console.log(`== FAILED: ${name}`);
  for (const line of message.split('\n').slice(0, LINES_SHOWN)) console.log(`   ${line}`);
}
