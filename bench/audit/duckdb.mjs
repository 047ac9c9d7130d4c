/** usage: node duckdb.mjs FOLDER export|audit   Parquet from the NDJSON (not counted), then anti-joins and group-bys */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { answer } from './answer.mjs';

const [folder, what] = process.argv.slice(2);
const database = await DuckDBInstance.create(':memory:', {
  memory_limit: '4GB',
  threads: '2',
  temp_directory: join(folder, 'spill'),
});
const connection = await database.connect();
const file = (name) => `'${join(folder, name)}'`;
if (what === 'export') {
  for (const name of ['sends', 'receipts']) {
    const from = `read_json(${file(`${name}.ndjson`)}, format='newline_delimited')`;
    await connection.run(
      `copy (select * from ${from}) to ${file(`${name}.parquet`)} (format parquet, compression zstd, row_group_size 1000000)`,
    );
  }
  process.exit(0);
}
const one = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson()[0];
await connection.run(`create view sends as select * from read_parquet(${file('sends.parquet')})`);
await connection.run(`create view receipts as select * from read_parquet(${file('receipts.parquet')})`);
await connection.run('create temp table got as select p, s, count(*)::UTINYINT n from receipts group by p, s');
const counts = {
  ...(await one(
    `select count(*) filter (k='send') attempted, count(*) filter (o='acked') acked, count(*) filter (o='rejected') rejected, count(*) filter (o='unknown') "unknown" from sends`,
  )),
  ...(await one(`select sum(n)::BIGINT deliveries from got`)),
  ...(await one(`select count(*) lost from sends a anti join got using (p, s) where a.o='acked'`)),
  ...(await one(
    `select count(*) filter (a.o='unknown') recovered, count(*) filter (a.o='rejected') contradicted from sends a semi join got using (p, s) where a.o in ('unknown', 'rejected')`,
  )),
  ...(await one(
    `select count(*) undelivered from sends a anti join got using (p, s) where a.o in ('unknown', 'rejected')`,
  )),
  ...(await one(`select count(*) phantom from got anti join (select p, s from sends where k='send') using (p, s)`)),
  ...(await one(`select count(*) "duplicateDelivered", sum(n - 1)::BIGINT "extraDeliveries" from got where n > 1`)),
  ...(await one(`select count(*) filter (ok=0) corrupt from receipts`)),
};
await one('select quantile_disc(lat, [0.5, 0.99, 0.999]) q from receipts');
answer('DuckDB anti-joins on Parquet', folder, counts);
