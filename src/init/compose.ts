/** Brokers in a compose file: by their images, at the ports that they publish on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, ToolError } from '../errors.ts';
import type { Product } from '../products/product.ts';
import { products } from '../products/registry.ts';

/** In the order in which compose itself looks for them. */
const names = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

export interface ComposedBroker {
  readonly product: Product;
  /** Of the service on this machine. */
  readonly address: string;
  readonly service: string;
  /** The file, as it was named. */
  readonly compose: string;
  /** The port of this machine that leads to one of the service's; that one itself where nothing is published. */
  port(inside: number): number;
}

export interface Composition {
  readonly brokers: readonly ComposedBroker[];
  /** What could not be told, one sentence each. */
  readonly unclear: readonly string[];
}

/** The brokers of the compose file here; none without one. @throws ToolError (exit 2) for one that is no YAML. */
export function composedBrokers(folder: string): readonly ComposedBroker[] {
  const compose = names.find((name) => existsSync(join(folder, name)));
  return compose === undefined ? [] : composition(join(folder, compose), compose).brokers;
}

/**
 * The services of a compose file whose images are brokers, and that publish a port on this machine.
 * @param compose what the file is called.
 * @throws ToolError (exit 2) for one that cannot be read.
 */
export function composition(path: string, compose = path): Composition {
  const { services, include } = read(path, compose);
  const brokers: ComposedBroker[] = [];
  const unclear: string[] = include === undefined ? [] : ['what it includes was not looked at'];
  for (const [service, { image, ports, build, deploy, scale }] of Object.entries(services)) {
    const product = image === undefined ? undefined : products.find((each) => isImageOf(image, each));
    if (product === undefined) {
      if (build !== undefined) unclear.push(`service ${service} is built here: what is in it cannot be told`);
      continue;
    }
    const published = ports.flatMap((port) => publishedPort(port) ?? []);
    const usual = published.find(({ target }) => target === product.starter?.port) ?? published[0];
    if (usual === undefined) {
      unclear.push(`service ${service} (${product.title}) publishes no port of its own: it is not reached from here`);
      continue;
    }
    const count = Number(deploy?.replicas ?? scale ?? 1);
    if (count > 1) unclear.push(`service ${service} has ${count} containers: name each by docker: NAME`);
    const port = (inside: number): number => published.find(({ target }) => target === inside)?.port ?? inside;
    brokers.push({ product, address: `localhost:${usual.port}`, service, compose, port });
  }
  return { brokers, unclear };
}

/** `docker.io/bitnami/NAME:3.9@sha256:…` is called NAME. */
function isImageOf(image: string, { starter }: Product): boolean {
  const name = /([^/:@]+)(:[^/@]*)?(@.*)?$/.exec(withDefaults(image))?.[1];
  return name !== undefined && starter?.images.includes(name) === true;
}

type Port = z.output<typeof portSchema>;

/** `127.0.0.1:19092:9092/tcp`, or the long form. A port that is published anywhere has no address to write down. */
function publishedPort(port: Port): { port: number; target: number } | undefined {
  if (typeof port === 'object') {
    const published = Number(port.published);
    return Number.isInteger(published) && published > 0 ? { port: published, target: port.target } : undefined;
  }
  const parts = withDefaults(String(port))
    .replace(/\/\w+$/, '')
    .split(':');
  const [published, target] = [Number(parts.at(-2)), Number(parts.at(-1))];
  return Number.isInteger(published) && Number.isInteger(target) ? { port: published, target } : undefined;
}

/** `${PORT:-9092}` is 9092 where nobody says otherwise. */
function withDefaults(text: string): string {
  return text.replaceAll(/\$\{\w+:?-([^}]*)\}/g, '$1');
}

const portSchema = z.union([
  z.string(),
  z.number(),
  z.looseObject({ target: z.coerce.number(), published: z.union([z.string(), z.number()]).optional() }),
]);
const composeSchema = z.looseObject({
  services: z
    .record(
      z.string(),
      z.looseObject({
        image: z.string().optional(),
        ports: z.array(portSchema).optional().default([]),
        build: z.unknown().optional(),
        scale: z.union([z.string(), z.number()]).optional(),
        deploy: z.looseObject({ replicas: z.union([z.string(), z.number()]).optional() }).nullish(),
      }),
    )
    .default({}),
  include: z.unknown().optional(),
});

function read(path: string, name: string): z.output<typeof composeSchema> {
  try {
    return composeSchema.parse(parse(readFileSync(path, 'utf8'), { merge: true }) ?? {});
  } catch (cause) {
    const text = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    const what = cause instanceof Error && 'syscall' in cause ? 'cannot be read' : 'is not understood';
    throw new ToolError(`${name} ${what}: ${text.split('\n')[0]}`, {
      code: 'compose-unreadable',
      hint: 'leave it aside: mqchaos init --attach HOST:PORT, or --broker NAME',
      cause,
    });
  }
}
