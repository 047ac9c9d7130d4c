/** A link on its own: before any server, for whatever application, bent on order from another terminal. */
import { join } from 'node:path';
import { Links } from '../../cluster/links/links.ts';
import { freePorts } from '../../cluster/ports.ts';
import { Ledger } from '../../cluster/undo/ledger.ts';
import { startReaper } from '../../cluster/undo/reaper.ts';
import { temporaryPrefix } from '../../cluster/undo/undo.ts';
import { temporaryFolder } from '../folder/temporary.ts';
import { cleanUp } from './cluster.ts';
import type { Standing } from './control.ts';
import { type FaultState, type Injected, StandingFaults } from './faults.ts';
import { linkKind, type StandingFolder, standingFolder } from './folder.ts';
import { type FaultOrder, linkName, readLinkOrder } from './order.ts';

export interface StandingLinkRequest {
  /** `host:port` of the server. */
  readonly target: string;
  /** `host:port` for clients; absent: a free port of 127.0.0.1. */
  readonly listen?: string;
  /** Decides whatever is random in a fault. */
  readonly seed: number;
  /** That the server speaks, for faults on single requests. */
  readonly protocol?: string;
}

export interface LinkStatus {
  readonly listen: string;
  readonly target: string;
  readonly protocol?: string;
  readonly folder: string;
  readonly faults: readonly FaultState[];
}

type Ends = Pick<LinkStatus, 'listen' | 'target' | 'protocol'>;

export class StandingLink implements Standing, AsyncDisposable {
  readonly folder: StandingFolder;
  readonly faults: StandingFaults;
  readonly #ends: Ends;
  readonly #end: () => Promise<void>;
  #orders = 0;

  private constructor(faults: StandingFaults, ends: Ends, folder: StandingFolder, end: () => Promise<void>) {
    this.folder = folder;
    this.faults = faults;
    this.#ends = ends;
    this.#end = end;
  }

  /**
   * @param tell what happens, a line each.
   * @throws ToolError (exit 4) when it could not be started; nothing is left running then.
   */
  static async start(request: StandingLinkRequest, tell: (text: string) => void): Promise<StandingLink> {
    const { target, seed, protocol, listen = `127.0.0.1:${(await freePorts(1))[0]}` } = request;
    const folder = standingFolder(temporaryFolder(temporaryPrefix), true, linkKind);
    const ledger = new Ledger(folder.ledger);
    const reaper = startReaper(folder.ledger, tell);
    ledger.add({ kind: 'folder', path: folder.path });
    const processes = ledger.add({ kind: 'processes', run: folder.path });
    const end = (): Promise<void> => cleanUp(folder, ledger, reaper, processes);
    try {
      const links = await Links.start({
        links: [{ name: linkName, node: linkName, listen, target, ...(protocol === undefined ? {} : { protocol }) }],
        names: { nodes: [linkName], producers: [], consumers: [] },
        folder: join(folder.nodes, 'links'),
        run: folder.path,
        broke: (text) => tell(`✗ ${text}`),
      });
      const wire = links.wire(linkName);
      const controls = { link: links.control(linkName), ...(wire === undefined ? {} : { wire }) };
      const node = { id: linkName, controls };
      const faults = new StandingFaults([node], { seed, tell, command: linkKind.command });
      return new StandingLink(
        faults,
        { listen, target, ...(protocol === undefined ? {} : { protocol }) },
        folder,
        async () => {
          await links[Symbol.asyncDispose]();
          await end();
        },
      );
    } catch (error) {
      await end();
      throw error;
    }
  }

  get status(): LinkStatus {
    return { ...this.#ends, folder: this.folder.path, faults: this.faults.list() };
  }

  async inject(order: FaultOrder): Promise<Injected> {
    const plan = readLinkOrder(order, `f${this.#orders + 1}`, this.#ends.protocol);
    this.#orders += 1;
    return this.faults.inject(plan);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.end();
    await this.#end();
  }
}
