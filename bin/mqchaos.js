#!/usr/bin/env node
// Tab asks at every key: that loads nothing but its answer
if (process.argv[2] === 'complete')
  (await import('../dist/cli/completion/answer.js')).answerShell(process.argv.slice(3));
else await import('../dist/cli/main.js');
