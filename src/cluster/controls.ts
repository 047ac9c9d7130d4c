/**
 * What can be done to a process: the same for brokers and workers, ours and attached. A control that is absent cannot
 * be done; each resolves with the evidence that it took hold, and rejects when it did not.
 */
export type Evidence = Readonly<Record<string, unknown>>;

export interface Controls {
  /** SIGKILL; resolves when the process is gone. */
  kill?(): Promise<Evidence>;
  /** SIGTERM; resolves when the process is gone. */
  stop?(): Promise<Evidence>;
  /** Starts it again; resolves when it serves. */
  start?(): Promise<Evidence>;
  /** SIGSTOP; resolves when the kernel says that it is stopped. */
  pause?(): Promise<Evidence>;
  resume?(): Promise<Evidence>;
}

/** One thing that a fault may act on: `b1`, `p2`. */
export interface Controlled {
  readonly id: string;
  readonly controls: Controls;
}

/** One broker process. */
export interface Node extends Controlled {
  readonly role: 'name-server' | 'master' | 'slave';
  readonly address?: string;
}
