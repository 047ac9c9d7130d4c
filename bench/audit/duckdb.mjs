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
const run = (sql) => connection.run(sql);
const one = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson()[0];
for (const name of ['sends', 'receipts']) {
  await run(`create view ${name} as select * from read_parquet(${file(`${name}.parquet`)})`);
}
await run(`create temp table faults as select * from read_json(${file('faults.ndjson')}, format='newline_delimited')`);
await run('create temp table got as select p, s, count(*)::UTINYINT n from receipts group by p, s');
await run(`create temp table affected as
  select case a.o when 'acked' then 'lost' else 'undelivered' end as name, p, s
    from sends a anti join got using (p, s) where a.k = 'out'
  union all select case a.o when 'unknown' then 'recovered' else 'contradicted' end, p, s
    from sends a semi join got using (p, s) where a.o in ('unknown', 'rejected')
  union all select 'duplicate-delivered', p, s from got where n > 1
  union all select distinct 'corrupt', p, s from receipts where ok = 0`);
await run(`create temp table phantoms as
  select p, s from got anti join (select p, s from sends where k = 'send') using (p, s)`);
// When each was sent and settled, and when its first repeat came; then the faults that were in force, else the next.
await run(`create temp table times as select p, s, min(t) filter (k = 'send') sent, max(t) filter (k = 'out') settled
  from sends semi join affected using (p, s) group by p, s`);
await run(`create temp table repeats as select p, s, min(t, 2)[2] again
  from receipts semi join (select p, s from got where n > 1) using (p, s) group by p, s`);
await run(`create temp table spans as select name, p, s,
    case name when 'duplicate-delivered' then settled else sent end as lo,
    case name when 'duplicate-delivered' then again else settled end as hi
  from affected join times using (p, s) left join repeats using (p, s)`);
await run(`copy (
    select name, p, s, coalesce(
      (select arg_min(id, since) from faults f where f.since <= spans.hi and f.until >= spans.lo),
      (select arg_min(id, since) from faults f where f.since >= spans.hi), '') fault
    from spans
    union all select 'phantom', p, s, '' from phantoms
  ) to ${file('duckdb.csv')} (header false, quote '')`);
const counts = {
  ...(await one(
    `select count(*) filter (k='send') attempted, count(*) filter (o='acked') acked, count(*) filter (o='rejected') rejected, count(*) filter (o='unknown') "unknown" from sends`,
  )),
  ...(await one('select sum(n)::BIGINT deliveries, sum(n - 1)::BIGINT "extraDeliveries" from got')),
  ...(await one(`select count(*) filter (name = 'lost') lost, count(*) filter (name = 'undelivered') undelivered,
    count(*) filter (name = 'recovered') recovered, count(*) filter (name = 'contradicted') contradicted,
    count(*) filter (name = 'duplicate-delivered') "duplicateDelivered", count(*) filter (name = 'corrupt') corrupt
    from affected`)),
  ...(await one('select count(*) phantom from phantoms')),
};
await one('select approx_quantile(lat, [0.5, 0.99, 0.999]) q from receipts');
await one(`select approx_quantile(lat, [0.5, 0.99, 0.999]) q from sends where o = 'acked'`);
answer('DuckDB anti-joins on Parquet', folder, counts);
