// Writes what completion knows of the commands and names beside its program, from the build output.
import { writeFileSync } from 'node:fs';
import { commandTree } from '../dist/cli/completion/tree.js';
import { vocabulary } from '../dist/cli/completion/vocabulary.js';
import { createProgram } from '../dist/cli/program.js';

const file = new URL('../dist/cli/completion/commands.json', import.meta.url);
writeFileSync(file, JSON.stringify({ tree: commandTree(await createProgram()), vocabulary: vocabulary() }));
