/** The links before the nodes of a cluster: one process for all of them (src/link), which forwards, and bends as faults ask. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, ToolError } from '../../errors.ts';
import { inTime, noAbort } from '../../wait.ts';
import type { Controls, Evidence, LinkBend } from '../controls.ts';
import { Conversation, parsed } from '../conversation.ts';
import { lastError } from '../last-error.ts';
import { type OwnedProcess, startProcess } from '../process.ts';
import { programPath } from '../program.ts';
import { type LinkNames, type LinkRule, type PlacedLink, rulesFor, sourceOf } from './link-rules.ts';

const readyBoundMs = 15_000;
const endBoundMs = 5000;

export interface LinksRequest {
  readonly links: readonly PlacedLink[];
  readonly names: LinkNames;
  /** For what the process prints. */
  readonly folder: string;
  readonly run: string;
  /** Told when the process ends although nobody asked it to: nothing reaches a node any more. */
  readonly broke: (text: string) => void;
}

export class Links implements AsyncDisposable {
  readonly #request: LinksRequest;
  readonly #process: OwnedProcess;
  readonly #conversation: Conversation;
  readonly #processes = new Map<number, string>();
  /** By the node that a fault was asked for. */
  readonly #inForce = new Map<string, readonly LinkRule[]>();
  #ending = false;

  private constructor(request: LinksRequest, owned: OwnedProcess) {
    this.#request = request;
    this.#process = owned;
    this.#conversation = new Conversation(owned);
    void owned.exit.then(() => {
      if (!this.#ending)
        request.broke('the links before the nodes ended by themselves: nothing reaches a node any more');
    });
  }

  /** @throws ToolError `links-not-ready` (exit 4) with what the process said. */
  static async start(request: LinksRequest): Promise<Links> {
    const { links, folder, run } = request;
    mkdirSync(folder, { recursive: true });
    const given = links.map(({ name, listen, target, protocol }) => ({
      ...{ name, listen: split(listen), target: split(target) },
      ...(protocol === undefined ? {} : { protocol }),
    }));
    const owned = await startProcess({
      name: 'links',
      command: process.execPath,
      args: ['--enable-source-maps', programPath('link/main'), JSON.stringify(given)],
      folder,
      run,
      ipc: false,
    });
    const ready = new Promise<true>((resolve) => {
      owned.onLine((line) => parsed(line)?.ready === true && resolve(true));
    });
    const gone = owned.exit.then(() => undefined);
    const serves = await inTime(Promise.race([ready, gone]), { boundMs: readyBoundMs, signal: noAbort });
    if (serves === true) return new Links(request, owned);
    owned.signal('SIGKILL');
    await owned.exit;
    throw notReady(folder);
  }

  /** A process has a name from now on; whatever it starts counts as it. Resolves when the links know. */
  async know(name: string, pid: number): Promise<void> {
    for (const [known, other] of this.#processes) if (other === name) this.#processes.delete(known);
    this.#processes.set(pid, name);
    await this.#conversation.order({ order: 'know', processes: Object.fromEntries(this.#processes) });
  }

  /** The control `link` of a node. */
  control(node: string): (bend: LinkBend | null) => Promise<Evidence> {
    return (bend) => (bend === null ? this.#heal(node) : this.#bend(node, bend));
  }

  /** The control `wire` of a node; undefined: its link does not read what passes. The rule has the node's name. */
  wire(node: string): NonNullable<Controls['wire']> | undefined {
    const { links, names } = this.#request;
    const link = links.find((one) => one.node === node && one.protocol !== undefined);
    if (link === undefined) return undefined;
    const ask = (order: Evidence): Promise<Evidence> =>
      this.#conversation.order({ order: 'rules', link: link.name, ...order });
    return async (order) => {
      if (order === 'report') return ask({ report: node });
      if (order === null) return ask({ remove: node });
      // what nodes ask of each other is no client's business
      const rule = { ...order, id: node, except: names.nodes };
      return { ...order, ...(await ask({ add: rule })) };
    };
  }

  async #bend(node: string, bend: LinkBend): Promise<Evidence> {
    const rules = rulesFor(node, bend, this.#request.links, this.#request.names);
    this.#inForce.set(node, rules); // before the deed: what fails half-way is healed too
    const done = await this.#conversation.order({ order: 'bend', rules, seed: bend.seed });
    const evidence = { ...bend.what, from: bend.from, direction: bend.direction, ...done };
    // what is over at once is never healed: it is tried here that new connections pass
    return bend.what.do === 'reset' ? { ...evidence, probed: await this.#probe(rules) } : evidence;
  }

  /** Safe for a node of which nothing was bent. */
  async #heal(node: string): Promise<Evidence> {
    const rules = this.#inForce.get(node) ?? [];
    const healed = await this.#conversation.order({ order: 'heal', rule: node });
    const probed = await this.#probe(rules);
    this.#inForce.delete(node);
    return { ...healed, probed };
  }

  /** A connection through each link, as one of those that the rule was about. @throws Error when one does not pass. */
  async #probe(rules: readonly LinkRule[]): Promise<readonly Evidence[]> {
    const probed: Evidence[] = [];
    for (const { link, sources } of rules) {
      const source = sourceOf(sources);
      const as = source === undefined ? {} : { as: source };
      probed.push({ link, ...as, ...(await this.#conversation.order({ order: 'probe', link, ...as })) });
    }
    return probed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    this.#process.signal('SIGTERM');
    const exit = await inTime(this.#process.exit, { boundMs: endBoundMs, signal: noAbort });
    if (exit === undefined) this.#process.signal('SIGKILL');
  }
}

/** With what the process said of it last. */
function notReady(folder: string): ToolError {
  const { message, code, hint } = lastError(join(folder, 'stderr.log'));
  return new ToolError(`the links before the nodes did not start${message === '' ? '' : `: ${message}`}`, {
    code: code ?? 'links-not-ready',
    hint: hint ?? `their output is in ${folder}`,
    exitCode: exitCodes.setup,
  });
}

function split(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
