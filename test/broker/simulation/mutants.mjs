/**
 * Mistakes that the simulation must find: each is one edit of the broker's source. scripts/mutate-broker.mjs tries them; a
 * test holds that each text still stands there, once.
 */
export const mutants = [
  {
    name: 'acknowledge before the slaves have it',
    file: 'src/broker/node/safety.ts',
    from: 'if (errorCode !== code.NONE || !protection.demandsReplicas) return errorCode;',
    to: 'return errorCode;',
  },
  {
    name: 'acknowledge before the sync',
    file: 'src/broker/store/log/protection.ts',
    from: "return this.#flush === 'sync' ? this.#log.synced : this.#log.end;",
    to: 'return this.#log.end;',
  },
  {
    name: 'a slave confirms before it has synced',
    file: 'src/broker/replication/leadership.ts',
    from: "this.#parts.settings.flush === 'sync' ? Math.min(request.synced, request.end) : request.end",
    to: 'request.end',
  },
  {
    name: 'serve past what is protected',
    file: 'src/broker/store/log/protection.ts',
    from: 'const safe = Math.min(this.flushed, this.#confirmed ?? this.flushed);',
    to: 'const safe = this.flushed;',
  },
  {
    name: 'skip the cut of what the leader does not have',
    file: 'src/broker/replication/following.ts',
    from: 'if (answer.cutTo >= 0) {',
    to: 'if (answer.cutTo >= 0 && answer.cutTo > log.end) {',
  },
  {
    name: 'cut where the leader says, not where the epochs part',
    file: 'src/broker/replication/history.ts',
    from: 'return Math.min(cutTo, epochs.endOf(cutEpoch).end);',
    to: 'return cutTo;',
  },
  {
    name: 'forget what an idempotent producer has written',
    file: 'src/broker/store/partitions/producers.ts',
    from: 'if (known === undefined) return',
    to: 'if (known === undefined || batch.baseSequence > 0) return',
  },
  {
    name: 'forget idempotent producers with a restart',
    file: 'src/broker/store/partitions/producers.ts',
    from: 'constructor(states: readonly ProducerState[] = []) {',
    to: 'constructor(states: readonly ProducerState[] = []) {\n    states = [];',
  },
  {
    name: 'elect who is not in-sync',
    file: 'src/broker/name-server/election.ts',
    from: 'const inSync = others.filter((one) => isInSync(set, one));',
    to: 'const inSync = others;',
  },
  {
    name: 'a slave that was restarted stays in-sync',
    file: 'src/broker/routes/sets.ts',
    from: 'set.inSync.some(({ id, life }) => id === node.id && life === node.life)',
    to: 'set.inSync.some(({ id }) => id === node.id)',
  },
  {
    name: 'a restarted leader asks nobody',
    file: 'src/broker/replication/takeover.ts',
    from: 'if (!isFirst && !isChosen && !(await this.#regain())) return undefined;',
    to: '',
  },
  {
    name: 'a restarted leader is content with any answer',
    file: 'src/broker/replication/takeover.ts',
    from: 'return intact || set.inSync.every(({ id }) => id === self.id || answered(id));',
    to: 'return answers.length > 0;',
  },
  {
    name: 'a node that has lost its disk does not know it',
    file: 'src/broker/replication/membership.ts',
    from: 'return !this.#confirmed;',
    to: 'return false;',
  },
  {
    name: 'a leader does not sync what it had when it begins to lead',
    file: 'src/broker/replication/takeover.ts',
    from: 'await store.log.sync();',
    to: '',
  },
  {
    name: 'a leader lets a slave go without syncing first',
    file: 'src/broker/replication/in-sync.ts',
    from: 'if (set.inSync.some(({ id }) => id !== set.leader && !wanted.some((one) => one.id === id))) await store.log.sync();',
    to: '',
  },
  {
    name: 'a leader that is alone shows what no slave has',
    file: 'src/broker/replication/in-sync.ts',
    from: 'this.#granted().length === 0 ? log.ledFrom : Math.min(...slaves)',
    to: 'this.#granted().length === 0 ? log.end : Math.min(...slaves)',
  },
  {
    name: 'a slave joins before it has everything',
    file: 'src/broker/replication/in-sync.ts',
    from: "settings.replication === 'async' || (slave?.confirmed ?? 0) >= store.protection.position",
    to: 'true',
  },
  {
    name: 'two leaders of one epoch',
    file: 'src/broker/routes/sets.ts',
    from: 'return { ...set, leader: id, life, epoch: set.epoch + 1, inSync };',
    to: 'return { ...set, leader: id, life, epoch: set.epoch, inSync };',
  },
  {
    name: 'a commit is answered before it is kept',
    file: 'src/broker/node/safety.ts',
    from: 'return memberCode(await safe(parts, end, commitTimeoutMs));',
    to: 'return end > 0 && commitTimeoutMs > 0 ? code.NONE : code.NOT_COORDINATOR;',
  },
  {
    name: 'a checkpoint without a sync of the log',
    file: 'src/broker/store/checkpoint/checkpointer.ts',
    from: 'if (this.#log.synced < position) await this.#log.sync();',
    to: '',
  },
  {
    name: 'a segment whose name is not on the disk',
    file: 'src/broker/store/files/segment.ts',
    from: "  segment.sizeBytes = 0;\n  await disk.syncFolder(logFolder);",
    to: '  segment.sizeBytes = 0;',
  },
  {
    name: 'routes that a power cut turns back',
    file: 'src/broker/small-file.ts',
    from: '    await file.sync();\n',
    to: '',
  },
  {
    name: 'a write that failed stays in the file',
    file: 'src/broker/store/files/log-files.ts',
    from: 'await segment.file.truncate(segment.sizeBytes).catch(() => {});',
    to: '',
  },
  {
    name: 'the log goes on after a sync has failed',
    file: 'src/broker/store/log/commit-log.ts',
    from: "await this.#failStop.run('sync', () => this.#files.sync());",
    to: 'await this.#files.sync();',
  },
];
