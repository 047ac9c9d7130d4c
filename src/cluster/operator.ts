/** What whoever runs a cluster can do to it by command. */
import type { Controls } from './controls.ts';
import type { OperatorSpec } from './node-spec.ts';
import { runProgram } from './process.ts';

/** The controls that an operator's commands contribute to a node. */
export function operatorControls({ promote }: OperatorSpec, run: string): Controls {
  return promote === undefined ? {} : { promote: () => runProgram(promote, run) };
}
