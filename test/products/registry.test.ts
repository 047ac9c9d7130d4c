import { describe, expect, test } from 'vitest';
import { left } from '../../src/products/left.ts';
import { loadDriver, productOf, products } from '../../src/products/registry.ts';

describe.each(products)('$name', (product) => {
  test('loads its driver, under its own name', async () => {
    expect((await loadDriver(product.name)).name).toBe(product.name);
    expect(product.summary).not.toMatch(/^[A-Z].*\.$/);
  });

  test('its driver has what it says that it can', async () => {
    const driver = await product.driver();
    expect(driver.semantics.positions).toBe(product.can.partitions === undefined ? 'none' : 'partition');
    if (product.can.redelivery === 'broker') expect(driver.readDeadLetters).toBeDefined();
  });

  test('has a sentence for each key, so that editors can tell it', () => {
    for (const [key, schema] of Object.entries(product.format.profile.shape)) {
      expect([key, (schema as { description?: string }).description]).toEqual([key, expect.any(String)]);
    }
  });
});

test('what nodes leave is told of products alone', () => {
  const known = products.map(({ name }) => name);
  expect(Object.keys(left).filter((name) => !known.includes(name))).toEqual([]);
});

test('an unknown broker is a usage error that names the known ones', () => {
  const hint = `one of: ${products.map(({ name }) => name).join(', ')}`;
  expect(() => productOf('rabbit')).toThrow(expect.objectContaining({ exitCode: 2, hint }));
});
