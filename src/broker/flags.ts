import { BrokerError } from './errors.ts';

/**
 * The command line: pairs `--name value`, and switches, which have no value. Unknown flags are refused. If a flag is given
 * twice, the last value counts, except for flags that are lists.
 */
export class Flags {
  readonly #values = new Map<string, string[]>();

  constructor(args: readonly string[], known: readonly string[], switches: readonly string[]) {
    for (let index = 0; index < args.length; index++) {
      const name = (args[index] ?? '').replace(/^--/, '');
      const isSwitch = switches.includes(name);
      const value = isSwitch ? 'true' : args[index + 1];
      if (!args[index]?.startsWith('--') || !(isSwitch || known.includes(name))) {
        throw badFlag(
          `unknown argument ${args[index]}`,
          `known: ${[...known, ...switches].map((one) => `--${one}`).join(' ')}`,
        );
      }
      if (value === undefined) throw badFlag(`--${name} needs a value`, `--${name} VALUE`);
      this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
      if (!isSwitch) index += 1;
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string, fallback?: string): string {
    const value = this.#values.get(name)?.at(-1) ?? fallback;
    if (value === undefined) throw badFlag(`--${name} is missing`, `add --${name} VALUE`);
    return value;
  }

  /** All values of a flag that may be repeated. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  integer(name: string, range: readonly [min: number, max: number], fallback?: number): number {
    const text = this.text(name, fallback === undefined ? undefined : String(fallback));
    const [min, max] = range;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw badFlag(`--${name} ${text} is not a whole number from ${min} to ${max}`, `--${name} ${fallback ?? min}`);
    }
    return value;
  }

  choice<T extends string>(name: string, known: readonly T[], fallback: T): T {
    const text = this.text(name, fallback);
    const chosen = known.find((one) => one === text);
    if (chosen === undefined)
      throw badFlag(`--${name} ${text} is none of ${known.join(', ')}`, `--${name} ${fallback}`);
    return chosen;
  }

  /** All values of a flag that is a list. */
  choices(name: string, known: readonly string[]): readonly string[] {
    const texts = this.#values.get(name) ?? [];
    const unknown = texts.find((text) => !known.includes(text));
    if (unknown !== undefined)
      throw badFlag(`--${name} ${unknown} is none of ${known.join(', ')}`, `--${name} ${known[0]}`);
    return texts;
  }

  /** A value of the form `HOST:PORT`, IPv6 in brackets. */
  address(name: string): { host: string; port: number } {
    const parts = /^(?:\[(.+)\]|(.+)):(\d{1,5})$/.exec(this.text(name));
    const host = parts?.[1] ?? parts?.[2];
    const port = Number(parts?.[3]);
    if (host === undefined || port < 1 || port > 65_535) {
      throw badFlag(`--${name} ${this.text(name)} is not HOST:PORT`, `--${name} 127.0.0.1:19091`);
    }
    return { host, port };
  }
}

function badFlag(message: string, hint: string): BrokerError {
  return new BrokerError('bad-flag', message, hint);
}
