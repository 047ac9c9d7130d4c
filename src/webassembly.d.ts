/** The parts of WebAssembly that this project uses: neither TypeScript's library nor Node's types declare them. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    /** Sizes are in pages of 64 KiB. Shared memory grows in place: arrays over it stay valid. */
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    /** @throws RangeError beyond the maximum, or if the system has no more memory. */
    grow(pages: number): number;
  }
  class Global {
    private constructor();
    value: number;
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
