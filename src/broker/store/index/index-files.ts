import { BrokerError, messageOf } from '../../errors.ts';
import type { Disk, DiskFile } from '../../world/world.ts';
import { LoadingCache } from '../files/loading-cache.ts';
import { ConsumeQueue, type QueueState } from './consume-queue.ts';
import { areSealed, indexRecordBytes } from './index-record.ts';
import { OpenFiles } from './open-files.ts';
import { chunkLength, tailFrom } from './recent-chunks.ts';

const folder = 'index';
const openFilesLimit = 128;
const chunkBytes = chunkLength * indexRecordBytes;
/** When more full chunks than this wait in memory to be written, whoever applies entries of the log should pause. */
const backlogLimit = 1024;
const resumedAtOnce = 32;

interface IndexState extends QueueState {
  readonly topicId: string;
  readonly partition: number;
}

/** The indexes of all partitions. Each has a file; all share one writer and one bounded cache. */
export class IndexFiles {
  readonly #disk: Disk;
  readonly #log: (line: string) => void;
  readonly #files: OpenFiles;
  readonly #chunks: LoadingCache;
  readonly #queues = new Set<ConsumeQueue>();
  readonly #filled = new Set<ConsumeQueue>();
  #backlog = 0;
  #writing: Promise<void> | undefined;
  #failing = false;
  #lastId = 0;

  constructor(disk: Disk, log: (line: string) => void, cacheBytes: number) {
    this.#disk = disk;
    this.#log = log;
    this.#files = new OpenFiles(disk, openFilesLimit);
    this.#chunks = new LoadingCache(cacheBytes / chunkBytes);
  }

  /** Makes a new, empty index. It overwrites whatever file that partition has. */
  create(topicId: string, partition: number): ConsumeQueue {
    this.#lastId += 1;
    const queue = new ConsumeQueue(this, this.#lastId, pathOf(topicId, partition));
    this.#queues.add(queue);
    return queue;
  }

  /** Resumes indexes, in the order of their states. Returns the reason instead if a file cannot be relied on. */
  async resumeAll(states: readonly IndexState[]): Promise<ConsumeQueue[] | string> {
    await this.#prepare();
    const queues: ConsumeQueue[] = [];
    for (let at = 0; at < states.length; at += resumedAtOnce) {
      const some = states.slice(at, at + resumedAtOnce).map((state) => this.#resume(state).catch(messageOf));
      for (const queue of await Promise.all(some)) {
        if (typeof queue === 'string') return queue;
        queues.push(queue);
      }
    }
    for (const queue of queues) this.#queues.add(queue);
    return queues;
  }

  /** Removes the files of all other indexes. */
  async removeAllBut(queues: readonly ConsumeQueue[]): Promise<void> {
    await this.#prepare();
    const wanted = new Set(queues.map(({ path }) => path));
    const paths = (await this.#disk.list(folder)).map((name) => `${folder}/${name}`);
    for (const path of paths) if (!wanted.has(path)) await this.#files.remove(path);
  }

  /** To be called when a chunk of an index is full: it is written to the file, and may then leave memory. */
  filled(queue: ConsumeQueue): void {
    this.#filled.add(queue);
    this.#backlog += 1;
    this.#writing ??= this.#writeFilled();
  }

  /** A promise while too many full chunks wait in memory to be written. */
  get congestion(): Promise<void> | undefined {
    return this.#backlog > backlogLimit ? this.#writing : undefined;
  }

  /** Reads a chunk that the index itself does not hold in memory. */
  chunk(queue: ConsumeQueue, number: number): Buffer | Promise<Buffer> {
    // One key for both: ids stay far below 2^21 and chunk numbers far below 2^32.
    return this.#chunks.get(queue.id * 2 ** 32 + number, async () => {
      const data = await this.use(queue, (file) => file.read(number * chunkBytes, chunkBytes));
      if (data.length === chunkBytes && areSealed(data, queue.seal)) return data;
      const hint = 'stop the node and remove its checkpoints: the index is then derived from the log anew';
      throw new BrokerError('damaged-index', `${queue.path}, chunk ${number}: bad checksum`, hint);
    });
  }

  async use<T>(queue: ConsumeQueue, work: (file: DiskFile) => Promise<T>): Promise<T> {
    if (queue.isAbandoned) throw new Error(`${queue.path} is of no use any more`);
    return await this.#files.use(queue.path, work);
  }

  /** Makes the names of new index files survive a power cut. */
  async syncNames(): Promise<void> {
    await this.#disk.syncFolder(folder);
  }

  /** Ends the use of all indexes: when this settles, nothing reads or writes their files any more. */
  async abandonAll(): Promise<void> {
    for (const queue of this.#queues) await queue.abandon();
    await this.#writing;
    this.#queues.clear();
    this.#chunks.clear();
  }

  /** Ends the use of an index and removes its file. */
  async remove(queue: ConsumeQueue): Promise<void> {
    await queue.abandon();
    this.#queues.delete(queue);
    await this.#files.remove(queue.path);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#files.closeAll();
  }

  async #prepare(): Promise<void> {
    await this.#disk.makeFolder(folder);
    await this.#disk.syncFolder('.');
  }

  async #resume(state: IndexState): Promise<ConsumeQueue | string> {
    const path = pathOf(state.topicId, state.partition);
    const from = tailFrom(state.length) * chunkBytes;
    const wantedBytes = state.length * indexRecordBytes - from;
    const tail = await this.#files.use(path, (file) => file.read(from, wantedBytes));
    if (tail.length < wantedBytes) return `${path} is shorter than it should be`;
    this.#lastId += 1;
    const queue = new ConsumeQueue(this, this.#lastId, path, state, tail);
    return areSealed(tail, queue.seal) ? queue : `${path} is damaged`;
  }

  async #writeFilled(): Promise<void> {
    // Chunks that fill up later in this turn are written as well.
    await Promise.resolve();
    try {
      for (const queue of this.#filled) {
        this.#filled.delete(queue);
        await queue.write(queue.length - (queue.length % chunkLength));
      }
      this.#failing = false;
    } catch (error) {
      // The chunks stay in memory. They are written together with the next ones, or the next start derives them anew.
      if (!this.#failing) this.#log(`cannot write the index: ${messageOf(error)}`);
      this.#failing = true;
    } finally {
      this.#backlog = 0;
      this.#writing = undefined;
    }
  }
}

function pathOf(topicId: string, partition: number): string {
  return `${folder}/${topicId}-${partition}`;
}
