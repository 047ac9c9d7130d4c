import { expect, test } from 'vitest';
import { drivers, loadDriver } from '../../src/drivers/registry.ts';

test.each(drivers)('$name loads, under its own name', async ({ name, summary }) => {
  expect((await loadDriver(name)).name).toBe(name);
  expect(summary).not.toMatch(/^[A-Z].*\.$/);
});

test('an unknown driver is a usage error that names the known ones', () => {
  expect(() => loadDriver('rabbit')).toThrow(expect.objectContaining({ exitCode: 2, hint: 'one of: bundled, kafka' }));
});

test('only the bundled broker is started here', async () => {
  expect((await loadDriver('kafka')).layout).toBeUndefined();
  let port = 20_000;
  const nodes = (await loadDriver('bundled')).layout?.({ masters: 2, folder: '/run/nodes', port: () => ++port });
  expect(nodes?.map(({ id, role, address, folder }) => ({ id, role, address, folder }))).toEqual([
    { id: 'ns', role: 'name-server', address: undefined, folder: '/run/nodes/ns' },
    { id: 'b1', role: 'master', address: '127.0.0.1:20002', folder: '/run/nodes/b1' },
    { id: 'b2', role: 'master', address: '127.0.0.1:20003', folder: '/run/nodes/b2' },
  ]);
  expect(nodes?.[2]?.args.join(' ')).toMatch(
    /dist\/broker\/main\.js master --id 2 --port 20003 --name-server 127\.0\.0\.1:20001 --host 127\.0\.0\.1 --folder \/run\/nodes\/b2 --exit-with-parent$/,
  );
});
