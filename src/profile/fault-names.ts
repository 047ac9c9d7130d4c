/**
 * What a profile may ask for under `faults[].do`, and what acting so on a node that is not ours takes. Data, so that a
 * new fault is one line here; what a fault does is in `src/faults`.
 */
export interface FaultName {
  readonly name: string;
  /** It ends by itself, so that it takes no `for`. */
  readonly selfHealing: boolean;
  /** Ways to the process of an attached node; one of each row must be given under `control`. */
  readonly needs: readonly (readonly ControlWay[])[];
}

export type ControlWay = 'pidFile' | 'kill' | 'stop' | 'start';

export const faultNames: readonly FaultName[] = [
  { name: 'kill', selfHealing: false, needs: [['pidFile', 'kill'], ['start']] },
  { name: 'stop', selfHealing: false, needs: [['pidFile', 'stop'], ['start']] },
  { name: 'pause', selfHealing: false, needs: [['pidFile']] },
  { name: 'restart', selfHealing: true, needs: [['pidFile', 'stop'], ['start']] },
];
