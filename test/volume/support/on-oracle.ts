import { bytesOf, type Call } from './calls.ts';
import type { Oracle, Thing } from './oracle.ts';

/** The same calls to the oracle, which is told only of those that were done. */
export class OracleSubject {
  readonly #oracle: Oracle;
  readonly #open = new Map<number, Thing>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  closeAll(): void {
    this.#open.clear();
  }

  make(one: Call): void {
    const oracle = this.#oracle;
    switch (one.do) {
      case 'create':
        this.#open.set(one.slot, oracle.create(...this.#at(one.path), 'file'));
        return;
      case 'mkdir':
        return void oracle.create(...this.#at(one.path), 'folder');
      case 'symlink':
        return void oracle.create(...this.#at(one.path), 'link', Buffer.from('somewhere'));
      case 'unlink':
      case 'rmdir':
        return oracle.remove(...this.#at(one.path));
      case 'rename':
        return oracle.rename(this.#name(one.path), this.#name(one.to));
      case 'link':
        return oracle.link(this.#find(one.path), ...this.#at(one.to));
      case 'fsyncFolder': {
        const thing = this.#find(one.path);
        return thing.kind === 'folder' ? oracle.fsyncFolder(thing) : oracle.fsync(thing);
      }
      case 'open': {
        const thing = this.#find(one.path);
        if (thing.kind === 'file') this.#open.set(one.slot, thing);
        return;
      }
      default:
        return this.#onFile(one, this.#open.get(one.slot));
    }
  }

  #onFile(one: Extract<Call, { slot: number }>, thing: Thing | undefined): void {
    const oracle = this.#oracle;
    if (thing === undefined) return;
    switch (one.do) {
      case 'close':
        this.#open.delete(one.slot);
        return;
      case 'fsync':
        return oracle.fsync(thing);
      case 'fdatasync':
        return oracle.fdatasync(thing);
      case 'truncate':
        return oracle.truncate(thing, one.size);
      case 'append':
        return oracle.write(thing, bytesOf(one.length), thing.seen.length);
      case 'zero':
        return oracle.write(thing, Buffer.alloc(one.length), one.length === 0 ? 0 : one.at);
      case 'write':
      case 'writeSync':
        if (one.length > 0) oracle.write(thing, bytesOf(one.length), one.at);
        if (one.do === 'writeSync') oracle.fdatasync(thing);
    }
  }

  #find(path: string): Thing {
    return path === '' ? this.#oracle.root : this.#oracle.at(...this.#at(path));
  }

  #at(path: string): [folder: Thing, name: string] {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = this.#oracle.root;
    for (const part of parts) folder = this.#oracle.at(folder, part);
    return [folder, name];
  }

  #name(path: string): { folder: Thing; name: string } {
    const [folder, name] = this.#at(path);
    return { folder, name };
  }
}
