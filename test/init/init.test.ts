import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ciFiles } from '../../src/init/ci.ts';
import { composedBrokers } from '../../src/init/compose.ts';
import { type Found, findBroker } from '../../src/init/found.ts';
import { profileText } from '../../src/init/profile.ts';
import { writeNew } from '../../src/init/write.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { describePlan } from '../../src/plan/describe.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { products } from '../../src/products/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function planOf(found: Found): Plan {
  const file = join(home, 'mqchaos.yaml');
  writeFileSync(file, profileText(found, 'mqchaos.yaml'));
  return compilePlan(loadProfile(file), 7);
}

describe('the profile', () => {
  it.each(products.map((product) => [product.name, product] as const))('of %s, started for the run', (_, product) => {
    const plan = planOf({ product, how: 'it is here', others: [] });
    expect(plan.cluster).toMatchObject({ broker: product.name });
    expect(plan.faults).toMatchObject([{ do: 'kill', target: { type: 'nodes' } }]);
    expect(describePlan(plan)).not.toMatch(/warning/i);
  });

  const attachable = products.filter(({ starter }) => starter !== undefined);
  it.each(attachable.map((product) => [product.name, product] as const))('of %s, where it is', (_, product) => {
    for (const address of ['localhost:1234', '[::1]:1234', 'broker.example:1234']) {
      const plan = planOf({ product, address, how: 'it answers', others: [] });
      expect(plan.cluster).toMatchObject({ broker: product.name, attach: [address] });
      expect(plan.faults).toMatchObject([{ do: 'kill', target: { type: 'workers' } }]);
    }
  });

  it('has comments that are keys once they are no comments', () => {
    const product = products.find(({ name }) => name === 'redis')!;
    const text = profileText({ product, address: 'localhost:6379', how: 'it answers', others: [] }, 'x.yaml');
    const control = /^ {2}# control:\n {2}# (.*)$/m;
    expect(text).toMatch(control);
    const file = join(home, 'x.yaml');
    writeFileSync(file, text.replace(control, '  control:\n  $1').replace('  # - { at: 70%', '  - { at: 70%'));
    expect(compilePlan(loadProfile(file), 7).faults).toMatchObject([{}, { target: { nodes: ['n1'] } }]);
  });
});

describe('a broker of a compose file', () => {
  const compose = (text: string, name = 'docker-compose.yml') => {
    writeFileSync(join(home, name), text);
    return composedBrokers(home).map(({ product, address, service }) => `${service} ${product.name} ${address}`);
  };
  it('by its image, at the port that it publishes', () => {
    const found = compose(`
services:
  web: { image: nginx, ports: ["80:80"] }
  queue: { image: "docker.io/library/rabbitmq:3.13-management", ports: ["15672:15672", "127.0.0.1:5673:5672/tcp"] }
  log: { image: "\${REGISTRY:-apache/kafka}:3.9", ports: ["\${PORT:-19092}:9092"] }
  bus: { image: nats@sha256:abc, ports: [{ target: 4222, published: "4222" }] }
  cache: { image: redis }
  own: { build: . , ports: [8080] }
`);
    expect(found).toEqual(['queue rabbitmq localhost:5673', 'log kafka localhost:19092', 'bus nats localhost:4222']);
  });
  it('none: no file, no services, none published, another image of a similar name', () => {
    expect(composedBrokers(home)).toEqual([]);
    expect(compose('')).toEqual([]);
    expect(compose('services: { a: { image: redis-exporter, ports: ["6379:6379"] } }')).toEqual([]);
    expect(compose('services: { a: { image: redis, ports: ["6379"] } }')).toEqual([]);
    expect(compose(`services: { a: { image: redis, ports: ["\${PORT}:6379"] } }`)).toEqual([]);
  });
  it('of the file that compose itself would take', () => {
    compose('services: { a: { image: redis, ports: ["1:6379"] } }');
    expect(compose('services: { a: { image: redis, ports: ["2:6379"] } }', 'compose.yaml')).toEqual([
      'a redis localhost:2',
    ]);
  });
  it.each(['{', 'services: 3', 'services: { a: 3 }', 'services: { a: { ports: 3 } }'])('refuses %j by name', (text) => {
    expect(() => compose(text)).toThrow(/^docker-compose.yml is not understood: /);
  });
});

describe('which broker', () => {
  it('one of a compose file before one that is installed; one that is asked for before both', async () => {
    writeFileSync(
      join(home, 'compose.yml'),
      'services: { a: { image: nats, ports: ["4222:4222"] }, b: { image: redis, ports: ["1:6379"] } }',
    );
    expect(await findBroker({ folder: home })).toMatchObject({
      ...{ product: { name: 'nats' }, address: 'localhost:4222', compose: 'compose.yml' },
      others: [
        'mqchaos init --from compose.yml   # with faults on its containers',
        'mqchaos init --attach localhost:1 --broker redis',
      ],
    });
    const asked = await findBroker({ folder: home, broker: 'bundled' });
    expect([asked.product.name, asked.address]).toEqual(['bundled', undefined]);
  });
  it('all of one product in a compose file that is named, as nodes with controls', async () => {
    writeFileSync(
      join(home, 'stack.yml'),
      `
include: [more.yml]
services:
  "on": { image: "rabbitmq:4-management", ports: ["5673:5672", "25672:15672"] }
  rabbit2: { image: rabbitmq, ports: ["5674:5672"], deploy: { replicas: 2 } }
  cache: { image: redis, ports: ["6380:6379"] }
  hidden: { image: redis }
  own: { build: . }
`,
    );
    const found = await findBroker({ folder: home, from: 'stack.yml' });
    expect(found).toMatchObject({
      ...{ product: { name: 'rabbitmq' }, compose: 'stack.yml', keys: { management: 'http://localhost:25672' } },
      nodes: [
        { id: 'b1', address: 'localhost:5673', service: 'on' },
        { id: 'b2', address: 'localhost:5674', service: 'rabbit2' },
      ],
      others: ['mqchaos init --from stack.yml --broker redis'],
      unclear: [
        'what it includes was not looked at',
        'service rabbit2 has 2 containers: name each by docker: NAME',
        'service hidden (Redis Streams) publishes no port of its own: it is not reached from here',
        'service own is built here: what is in it cannot be told',
        'on, rabbit2 were taken for nodes of one cluster: take out what is not',
      ],
    });
    const plan = planOf(found);
    expect(plan.cluster).toMatchObject({
      ...{ attach: ['localhost:5673', 'localhost:5674'], management: 'http://localhost:25672' },
      control: [
        { id: 'b1', compose: 'on', file: 'stack.yml' },
        { id: 'b2', compose: 'rabbit2', file: 'stack.yml' },
      ],
    });
    expect(plan.faults).toMatchObject([{ do: 'kill', target: { type: 'nodes' } }]);
    expect(await findBroker({ folder: home, from: 'stack.yml', broker: 'redis' })).toMatchObject({
      nodes: [{ id: 'b1', address: 'localhost:6380', service: 'cache' }],
    });
    await expect(findBroker({ folder: home, from: 'stack.yml', broker: 'nats' })).rejects.toMatchObject({
      ...{ code: 'no-broker-composed', exitCode: 2, message: 'stack.yml has no NATS JetStream' },
      hint: expect.stringContaining('what it includes was not looked at; '),
    });
    await expect(findBroker({ folder: home, from: 'none.yml' })).rejects.toThrow(/^none.yml cannot be read: ENOENT/);
  });
  it('an address by its port, and by name where the port says nothing', async () => {
    expect((await findBroker({ folder: home, address: '127.0.0.1:4222' })).product.name).toBe('nats');
    const named = await findBroker({ folder: home, address: '127.0.0.1:1', broker: 'kafka' });
    expect(named).toMatchObject({ product: { name: 'kafka' }, how: '127.0.0.1:1 does not answer now' });
    await expect(findBroker({ folder: home, address: '127.0.0.1:1' })).rejects.toThrow(/which broker is that/);
    await expect(findBroker({ folder: home, address: ':4222' })).rejects.toThrow(/--attach :4222/);
    await expect(findBroker({ folder: home, broker: 'none' })).rejects.toThrow(/no broker .none/);
  });
  it('the one that comes along where nothing is installed', async () => {
    const { PATH, XDG_CACHE_HOME } = process.env;
    Object.assign(process.env, { PATH: home, XDG_CACHE_HOME: home });
    try {
      // RabbitMQ is also looked for where Debian puts it
      const { product } = await findBroker({ folder: home });
      expect(['bundled', 'rabbitmq']).toContain(product.name);
    } finally {
      process.env.PATH = PATH;
      if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    }
  });
});

describe('files for CI', () => {
  const asked = (found: Found) => ({ found, profile: 'mqchaos.yaml', depends: false });
  it('GitHub: the evidence is kept whatever happened, though its folder begins with a dot', () => {
    for (const product of products) {
      const { jobs } = parse(ciFiles.github.text(asked({ product, how: '', others: [] })));
      const { steps } = jobs.mqchaos;
      expect(steps.at(-2).run).toMatch(/^npx --yes mqchaos@\d\S* run mqchaos\.yaml$/);
      expect(steps.at(-1)).toMatchObject({ if: 'always()', with: { path: '.mqchaos', 'include-hidden-files': true } });
    }
  });
  it('GitLab: the evidence and junit.xml, also of a job that is red', () => {
    const product = products.find(({ name }) => name === 'redis')!;
    const { mqchaos } = parse(ciFiles.gitlab.text(asked({ product, how: '', others: [] })));
    expect(mqchaos.artifacts).toEqual({
      ...{ when: 'always', paths: ['.mqchaos/'] },
      reports: { junit: '.mqchaos/runs/*/junit.xml' },
    });
    expect(mqchaos.script).toContain('apt-get install --yes --no-install-recommends redis-server redis-tools');
  });
  it('where the package here depends on mqchaos, that one is run', () => {
    const product = products.find(({ name }) => name === 'bundled')!;
    for (const { text } of Object.values(ciFiles)) {
      const lines = text({ ...asked({ product, how: '', others: [] }), depends: true });
      expect(lines).toMatch(/npm ci[\s\S]*npx mqchaos run mqchaos\.yaml/);
    }
  });
  it('a compose file is started before', () => {
    const product = products.find(({ name }) => name === 'redis')!;
    const found = { product, address: 'localhost:6379', compose: 'compose.yml', how: '', others: [] };
    for (const { text } of Object.values(ciFiles)) {
      expect(text(asked(found))).toContain('docker compose --file compose.yml up --detach --wait');
      const { compose: _, ...elsewhere } = found;
      expect(text(asked(elsewhere))).toContain('The job must reach localhost:6379');
    }
  });
});

describe('writing', () => {
  const fileIn = (name: string) => ({ path: join(home, name), text: 'new', option: '--profile' });
  it('never over what is there, and then none of the files', () => {
    writeFileSync(join(home, 'a.yaml'), 'old');
    writeFileSync(join(home, 'a-2.yaml'), 'old');
    const hint = `give another name: --profile ${join(home, 'a-3.yaml')}`;
    expect(() => writeNew([fileIn('b.yaml'), fileIn('a.yaml')])).toThrow(
      expect.objectContaining({ hint, exitCode: 2 }),
    );
    expect(readFileSync(join(home, 'a.yaml'), 'utf8')).toBe('old');
    expect(() => readFileSync(join(home, 'b.yaml'))).toThrow(/ENOENT/);
  });
  it('nor through a link, nor where a folder is', () => {
    symlinkSync(join(home, 'nowhere'), join(home, 'link.yaml'));
    mkdirSync(join(home, 'folder.yaml'));
    for (const name of ['link.yaml', 'folder.yaml']) expect(() => writeNew([fileIn(name)])).toThrow(/is there already/);
    expect(() => readFileSync(join(home, 'nowhere'))).toThrow(/ENOENT/);
  });
  it('makes the folder', () => {
    writeNew([fileIn('.github/workflows/x.yml')]);
    expect(readFileSync(join(home, '.github/workflows/x.yml'), 'utf8')).toBe('new');
  });
});
