/**
 * What a disk has promised, told as simply as it can be and in no way as the volume does it: every file has two whole
 * copies of its bytes, every change of names is kept for ever, and what a power cut leaves is found by making the promised
 * changes again from the beginning. It is slow, and follows docs/volumes.md sentence by sentence.
 */

export interface Thing {
  readonly kind: 'file' | 'folder' | 'link';
  seen: Buffer;
  onDisk: Buffer;
}

interface Step {
  readonly kind: 'create' | 'link' | 'rename' | 'remove';
  readonly thing: Thing;
  /** Who is where afterwards. */
  readonly places: readonly { readonly folder: Thing; readonly name: string; readonly thing: Thing | undefined }[];
  /** A folder that is gone by it. */
  readonly emptied: Thing | undefined;
  promised: boolean;
}

type Folders = Map<Thing, Map<string, Thing>>;

/** A tree as text: names, kinds, contents, and which names are of one file. */
export type Tree = Readonly<Record<string, string>>;

export class Oracle {
  readonly root: Thing = { kind: 'folder', seen: Buffer.alloc(0), onDisk: Buffer.alloc(0) };
  #steps: Step[] = [];

  /** `create` with `bytes`: the target of a symbolic link. */
  create(folder: Thing, name: string, kind: Thing['kind'], bytes = Buffer.alloc(0)): Thing {
    const thing = { kind, seen: bytes, onDisk: bytes };
    this.#did('create', thing, [{ folder, name, thing }]);
    return thing;
  }

  link(thing: Thing, folder: Thing, name: string): void {
    this.#did('link', thing, [{ folder, name, thing }]);
  }

  remove(folder: Thing, name: string): void {
    const thing = this.at(folder, name);
    const last = this.#steps.findLast(({ places }) =>
      places.some((place) => place.folder === folder && place.name === name),
    );
    // "A file that is created and removed again before either is on the disk leaves nothing to promise."
    if (last?.kind === 'create' && !last.promised && thing.kind === 'file') {
      this.#steps = this.#steps.filter((step) => step !== last);
      return;
    }
    this.#did('remove', thing, [{ folder, name, thing: undefined }], thing.kind === 'folder' ? thing : undefined);
  }

  rename(from: { folder: Thing; name: string }, to: { folder: Thing; name: string }): void {
    const thing = this.at(from.folder, from.name);
    const replaced = this.#names(() => true)
      .get(to.folder)
      ?.get(to.name);
    if (replaced === thing) return;
    const emptied = replaced?.kind === 'folder' ? replaced : undefined;
    this.#did(
      'rename',
      thing,
      [
        { ...from, thing: undefined },
        { ...to, thing },
      ],
      emptied,
    );
  }

  write(thing: Thing, bytes: Buffer, at: number): void {
    const size = Math.max(thing.seen.length, at + bytes.length);
    const seen = Buffer.alloc(size);
    thing.seen.copy(seen);
    bytes.copy(seen, at);
    thing.seen = seen;
  }

  truncate(thing: Thing, size: number): void {
    const seen = Buffer.alloc(size);
    thing.seen.copy(seen);
    thing.seen = seen;
  }

  /** "A file that was synced is there with its bytes, and has the names that it was given." */
  fsync(thing: Thing): void {
    thing.onDisk = thing.seen;
    const given = this.#steps.filter((step) => step.thing === thing && step.kind !== 'remove');
    this.#promise([...given, ...this.#namings(this.#foldersOf(thing))]);
  }

  /** "fdatasync promises the bytes, and that the file was created." */
  fdatasync(thing: Thing): void {
    thing.onDisk = thing.seen;
    this.#promise(this.#steps.filter((step) => step.thing === thing && step.kind === 'create'));
  }

  /** "A folder that was synced has everything that happened in it, and its own name." */
  fsyncFolder(folder: Thing): void {
    const inIt = this.#steps.filter(({ places }) => places.some((place) => place.folder === folder));
    this.#promise([...inIt, ...this.#namings([folder, ...this.#foldersOf(folder)])]);
  }

  cut(): void {
    const left = this.#names(({ promised }) => promised);
    this.#steps = [];
    const seen = new Set([...left.values()].flatMap((names) => [...names.values()]));
    for (const thing of seen) thing.seen = thing.onDisk;
    for (const [folder, names] of left) {
      for (const [name, thing] of names) this.#did('create', thing, [{ folder, name, thing }]);
    }
    for (const step of this.#steps) step.promised = true;
  }

  at(folder: Thing, name: string): Thing {
    const found = this.#names(() => true)
      .get(folder)
      ?.get(name);
    if (found === undefined) throw new Error(`nobody is at ${name}`);
    return found;
  }

  tree(): Tree {
    const names = this.#names(() => true);
    const first = new Map<Thing, string>();
    const told: Record<string, string> = {};
    const walk = (folder: Thing, above: string): void => {
      for (const [name, thing] of [...(names.get(folder) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1))) {
        const path = `${above}${name}`;
        const also = first.get(thing);
        first.set(thing, also ?? path);
        told[path] = describe(thing.kind, thing.seen, also);
        if (thing.kind === 'folder') walk(thing, `${path}/`);
      }
    };
    walk(this.root, '');
    return told;
  }

  #did(kind: Step['kind'], thing: Thing, places: Step['places'], emptied?: Thing): void {
    this.#steps.push({ kind, thing, places, emptied, promised: false });
  }

  /** Who has which name when the steps that count are made one after the other. */
  #names(counts: (step: Step) => boolean): Folders {
    const folders: Folders = new Map();
    for (const { places } of this.#steps.filter(counts)) {
      for (const { folder, name, thing } of places) {
        const names = folders.get(folder) ?? new Map<string, Thing>();
        folders.set(folder, names);
        if (thing === undefined) names.delete(name);
        else names.set(name, thing);
      }
    }
    return folders;
  }

  /** All folders that a thing is in now, up to the root. */
  #foldersOf(thing: Thing): Thing[] {
    const names = this.#names(() => true);
    const above = [...names].filter(([, inside]) => [...inside.values()].includes(thing)).map(([folder]) => folder);
    return [...new Set(above.flatMap((folder) => [folder, ...this.#foldersOf(folder)]))];
  }

  #namings(folders: readonly Thing[]): Step[] {
    return this.#steps.filter(({ places }) =>
      places.some(({ thing }) => thing !== undefined && folders.includes(thing)),
    );
  }

  /** "A promise takes with it what it builds upon", until nothing is added any more. */
  #promise(steps: readonly Step[]): void {
    const all = new Set(steps);
    for (let before = -1; before < all.size; ) {
      before = all.size;
      for (const step of [...all]) for (const earlier of this.#needsOf(step)) all.add(earlier);
    }
    for (const step of all) step.promised = true;
  }

  #needsOf(step: Step): Step[] {
    const earlier = this.#steps.slice(0, this.#steps.indexOf(step));
    const samePlace = earlier.filter(({ places }) =>
      places.some((one) => step.places.some(({ folder, name }) => folder === one.folder && name === one.name)),
    );
    const folders = step.places.flatMap(({ folder }) => [folder, ...this.#foldersOf(folder)]);
    const namings = this.#namings(folders).filter((one) => earlier.includes(one));
    const emptying = earlier.filter(({ places }) => places.some(({ folder }) => folder === step.emptied));
    return [...samePlace, ...namings, ...emptying];
  }
}

export function describe(kind: Thing['kind'], bytes: Buffer, also: string | undefined): string {
  if (kind === 'folder') return 'folder';
  if (kind === 'link') return `to ${bytes.toString()}`;
  return also === undefined ? `${bytes.length} bytes ${bytes.toString('base64')}` : `the same as ${also}`;
}
