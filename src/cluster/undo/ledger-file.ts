/** Name of a run's ledger in its folder. */
export const ledgerFile = 'ledger.ndjson';
