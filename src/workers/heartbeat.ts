/** Keeps a consumer's membership alive while it processes, through a single call that takes long as well. */

export const heartbeatEveryMs = 100;

export class Heartbeat implements Disposable {
  readonly #send: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #sentAtMs = performance.now();
  #underWay: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(send: () => Promise<void>) {
    this.#send = send;
    this.#timer = setInterval(() => void this.#beat(), heartbeatEveryMs);
  }

  /** Between messages: a store that answers at once leaves no turn to a timer. @throws what the driver said of it. */
  async due(): Promise<void> {
    if (performance.now() - this.#sentAtMs >= heartbeatEveryMs) await this.#beat();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #beat(): Promise<void> {
    this.#underWay ??= this.#send()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#sentAtMs = performance.now();
        this.#underWay = undefined;
      });
    return this.#underWay;
  }
}
