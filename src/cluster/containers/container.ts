/** What `docker inspect` says of a container, as far as faults need it. */
import { z } from 'zod';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';

/** One network that a container is in. What is null or empty was not asked for. */
export interface Connection {
  readonly network: string;
  /** Addresses that were asked for, which come back; others are the engine's choice each time. */
  readonly ip?: string;
  readonly ip6?: string;
  /** The address that it has there now. */
  readonly address: string;
  /** Names by which others in the network find it. */
  readonly aliases: readonly string[];
  /** `container:alias` each, of the old kind. */
  readonly links: readonly string[];
  readonly linkLocal: readonly string[];
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly gatewayPriority: number;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  readonly status: string;
  /** 0: there is no process. */
  readonly pid: number;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** It is removed when it ends (`--rm`). */
  readonly removesItself: boolean;
  /** What an orderly end may take, in seconds, where somebody has said so (`stop_grace_period`). */
  readonly stopSeconds?: number;
  /** `bridge`, a network's name, `host`, `none` or `container:…`. */
  readonly networkMode: string;
  readonly connections: readonly Connection[];
  /** `127.0.0.1:9092 → 9092/tcp`: what is reached on the host now; sorted. */
  readonly published: readonly string[];
  /** Ports of the host that it publishes now. */
  readonly hostPorts: readonly number[];
  /** Those of them that it was made with; the engine chooses others anew at each start. */
  readonly fixedPorts: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
}

/** @throws ToolError (exit 4) when this is not what docker says of one container. */
export function containerOf(said: string): Container {
  try {
    const [only] = z.array(inspectSchema).length(1).parse(JSON.parse(said));
    if (only === undefined) throw new Error('nothing');
    return read(only);
  } catch (cause) {
    throw new ToolError(`docker inspect is not understood: ${messageOf(cause).split('\n')[0]}`, {
      ...{ code: 'docker-not-understood', exitCode: exitCodes.setup, cause },
      hint: 'does docker inspect NAME print JSON here?',
    });
  }
}

function read({ Id, Name, State, HostConfig, Config, NetworkSettings }: z.output<typeof inspectSchema>): Container {
  const published = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([inside, bound]) =>
    (bound ?? []).map(({ HostIp, HostPort }) => ({ inside, host: HostIp, port: Number(HostPort) })),
  );
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    status: State.Status,
    pid: State.Pid,
    exitCode: State.ExitCode,
    startedAt: State.StartedAt,
    finishedAt: State.FinishedAt,
    removesItself: HostConfig.AutoRemove,
    ...(Config.StopTimeout ? { stopSeconds: Config.StopTimeout } : {}),
    networkMode: HostConfig.NetworkMode,
    connections: Object.entries(NetworkSettings.Networks ?? {}).map(([network, endpoint]) => ({
      network,
      ...(endpoint.IPAMConfig?.IPv4Address ? { ip: endpoint.IPAMConfig.IPv4Address } : {}),
      ...(endpoint.IPAMConfig?.IPv6Address ? { ip6: endpoint.IPAMConfig.IPv6Address } : {}),
      address: endpoint.IPAddress,
      aliases: (endpoint.Aliases ?? []).filter((alias) => !Id.startsWith(alias)), // the engine adds its id by itself
      links: endpoint.Links ?? [],
      linkLocal: endpoint.IPAMConfig?.LinkLocalIPs ?? [],
      driverOptions: endpoint.DriverOpts ?? {},
      gatewayPriority: endpoint.GwPriority ?? 0,
    })),
    published: published.map(({ inside, host, port }) => `${host}:${port} → ${inside}`).sort(),
    hostPorts: [...new Set(published.map(({ port }) => port))],
    fixedPorts: Object.values(HostConfig.PortBindings ?? {}).flatMap((bound) =>
      (bound ?? []).flatMap(({ HostPort }) => (/^[1-9]\d*$/.test(HostPort) ? Number(HostPort) : [])),
    ),
    labels: Config.Labels ?? {},
  };
}

const strings = z.array(z.string()).nullish();
const ports = z
  .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
  .nullish();

const inspectSchema = z.object({
  Id: z.string().min(12),
  Name: z.string(),
  State: z.object({
    Status: z.string(),
    Pid: z.number(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    AutoRemove: z.boolean().default(false),
    PortBindings: ports,
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish(), StopTimeout: z.number().nullish() }),
  NetworkSettings: z.object({
    Ports: ports,
    Networks: z
      .record(
        z.string(),
        z.object({
          IPAMConfig: z
            .object({ IPv4Address: z.string().nullish(), IPv6Address: z.string().nullish(), LinkLocalIPs: strings })
            .nullish(),
          IPAddress: z.string().default(''),
          Aliases: strings,
          Links: strings,
          DriverOpts: z.record(z.string(), z.string()).nullish(),
          GwPriority: z.number().nullish(),
        }),
      )
      .nullish(),
  }),
});
