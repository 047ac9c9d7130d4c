"""kafka-python."""

import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition, errors
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    OffsetSpec,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor

from serve import PATIENCE, NotOffered, Refused, bootstrap, encoded, in_order, placed, serve, told, until, value_of

servers = {"bootstrap_servers": bootstrap.split(",")}
admin = KafkaAdminClient(**servers)


def name_of(error):
    return getattr(error, "errno", None) or type(error).__name__


def refuse(error):
    if error is not None and error.errno:
        raise Refused(error.errno)


def in_spite_of_ends(ask):
    """Its admin client passes on that a broker has ended, and leaves it to its user to ask again."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except (errors.KafkaConnectionError, errors.NodeNotReadyError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def create_topic(topic, partitions, replicationFactor=-1, configs=None, validateOnly=False):
    new = {"num_partitions": partitions, "replication_factor": replicationFactor, "configs": configs or {}}
    admin.create_topics({topic: new}, validate_only=validateOnly)


def create_partitions(topic, total):
    admin.create_partitions({topic: total})


def describe_topic(topic):
    [found] = admin.describe_topics([topic])
    if found["error_code"]:
        raise Refused(found["error_code"])
    return sorted(one["partition_index"] for one in found["partitions"])


def describe_cluster():
    found = admin.describe_cluster()
    return {"controller": found["controller_id"] in [one["broker_id"] for one in found["brokers"]]}


def describe_configs(topic, names):
    return _configs(ConfigResourceType.TOPIC, topic, names)


def describe_broker_configs(names):
    node = admin.describe_cluster()["brokers"][0]["broker_id"]
    return _configs(ConfigResourceType.BROKER, str(node), names)


def _configs(kind, name, names):
    found = admin.describe_configs([ConfigResource(kind, name, dict.fromkeys(names))], config_filter="all")
    [resources] = found.values()
    return {key: value["value"] for key, value in resources[name].items()}


def alter_configs(topic, configs):
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])


def produce(topic, records, partition=None, acks=-1, compression=None, idempotent=False):
    producer = KafkaProducer(
        **servers,
        acks="all" if acks == -1 else acks,
        compression_type=compression,
        enable_idempotence=idempotent,
        max_request_size=10_000_000,
        max_block_ms=5000,
        linger_ms=50,
    )
    try:
        futures = [
            producer.send(
                topic,
                value=value_of(record),
                key=encoded(record.get("key")),
                headers=[(name, encoded(content)) for name, content in record.get("headers", [])],
                partition=partition,
                timestamp_ms=record.get("timestamp"),
            )
            for record in records
        ]
        sent = [future.get(timeout=30) for future in futures]
        return None if acks == 0 else placed([[one.partition, one.offset] for one in sent])
    finally:
        producer.close(timeout=5)


def consume(topic, partition, offset, count, back=0, isolation="read_uncommitted", times=False, patienceMs=None):
    consumer = KafkaConsumer(
        **servers,
        auto_offset_reset="none",
        enable_auto_commit=False,
        isolation_level=isolation,
        fetch_max_wait_ms=100,
    )
    try:
        at = TopicPartition(topic, partition)
        consumer.assign([at])
        if isinstance(offset, dict):
            offset = consumer.offsets_for_times({at: offset["timestamp"]})[at].offset
        elif offset == "beginning":
            offset = consumer.beginning_offsets([at], timeout_ms=5000)[at]
        elif offset == "end":
            offset = consumer.end_offsets([at], timeout_ms=5000)[at] - back
        consumer.seek(at, offset)
        return _read(consumer, count, times, PATIENCE if patienceMs is None else patienceMs / 1000)
    finally:
        consumer.close()


def _read(consumer, count, times=False, limit=PATIENCE):
    got = []

    def poll():
        for records in consumer.poll(timeout_ms=100, max_records=count - len(got)).values():
            for one in records:
                got.append(told(one.partition, one.offset, one.key, one.value, one.headers, one.timestamp, times))
        return len(got) >= count

    until(poll, limit)
    return got


def offsets(topic, at):
    specs = {"beginning": OffsetSpec.EARLIEST, "end": OffsetSpec.LATEST, "max-timestamp": OffsetSpec.MAX_TIMESTAMP}
    partitions = [TopicPartition(topic, partition) for partition in describe_topic(topic)]
    found = admin.list_partition_offsets({one: specs.get(at, at) for one in partitions})
    return [found[one].offset for one in partitions]


def member(group, cooperative=False):
    return KafkaConsumer(
        **servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=200,
        session_timeout_ms=10_000,
        fetch_max_wait_ms=100,
        partition_assignment_strategy=[CooperativeStickyAssignor if cooperative else RangePartitionAssignor],
    )


def group_consume(topic, group, count, protocol="classic"):
    if protocol != "classic":
        raise NotOffered("no such protocol")
    consumer = member(group)
    try:
        consumer.subscribe([topic])
        got = _read(consumer, count)
        consumer.commit()
        return in_order(got)
    finally:
        consumer.close()


class Member:
    """Polls in a thread of its own until it leaves."""

    def __init__(self, topic, group, cooperative=False):
        self.consumer = member(group, cooperative)
        self.consumer.subscribe([topic])
        self.partitions = 0
        self.leaving = False
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.thread.start()

    def _poll(self):
        while not self.leaving:
            self.consumer.poll(timeout_ms=50)
            self.partitions = len(self.consumer.assignment())
        self.consumer.close()

    def leave(self):
        self.leaving = True
        self.thread.join(PATIENCE)


def share(topic, group, members, cooperative=False):
    first = Member(topic, group, cooperative)
    until(lambda: first.partitions == 4)
    second = Member(topic, group, cooperative)
    until(lambda: first.partitions == 2 and second.partitions == 2)
    shared = [first.partitions, second.partitions]
    first.leave()
    until(lambda: second.partitions == 4)
    alone = second.partitions
    second.leave()
    return [shared, alone]


staying = []


def join(topic, group):
    staying.append(Member(topic, group))
    until(lambda: staying[0].partitions > 0)


def leave():
    staying.pop().leave()


def committed(topic, group):
    found = admin.list_group_offsets({group: None})[group]
    return {str(at.partition): one.offset for at, one in found.items() if at.topic == topic and one.offset >= 0}


def commit(topic, group, offsets):
    wanted = {TopicPartition(topic, int(at)): OffsetAndMetadata(offset, "", -1) for at, offset in offsets.items()}
    for error in admin.alter_group_offsets(group, wanted).values():
        refuse(error)


def delete_offsets(topic, group):
    for error in admin.delete_group_offsets(group, [TopicPartition(topic, 0), TopicPartition(topic, 1)]).values():
        refuse(error)


def describe_group(group):
    found = admin.describe_groups([group])[group]
    return {"state": found["group_state"], "members": len(found["members"])}


def list_groups():
    return [one["group_id"] for one in admin.list_groups()]


def delete_group(group):
    for result in dict(admin.delete_groups([group])).values():
        if result != "OK":
            raise Refused(result)


def delete_records(topic, partition, before):
    at = TopicPartition(topic, partition)
    return admin.delete_records({at: before})[at]["low_watermark"]


def log_dirs(topic):
    folders = [folder for broker in admin.describe_log_dirs([topic]) for folder in broker["log_dirs"]]
    topics = [one for folder in folders for one in folder["topics"] if one["name"] == topic]
    return sorted({partition["partition_index"] for one in topics for partition in one["partitions"]})


def acls():
    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    found, error = admin.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, everything))
    refuse(error)
    return [str(one) for one in found]


def transaction(topic, transactionalId):
    producer = KafkaProducer(**servers, transactional_id=transactionalId, max_block_ms=20_000)
    try:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, value=b"x", partition=0)
        producer.commit_transaction()
    finally:
        producer.close(timeout=2)


serve(
    {
        "createTopic": create_topic,
        "createPartitions": create_partitions,
        "describeTopic": describe_topic,
        "listTopics": lambda: in_spite_of_ends(admin.list_topics),
        "deleteTopic": lambda topic: in_spite_of_ends(lambda: admin.delete_topics([topic])) and None,
        "describeCluster": describe_cluster,
        "describeConfigs": describe_configs,
        "describeBrokerConfigs": describe_broker_configs,
        "alterConfigs": alter_configs,
        "produce": produce,
        "consume": consume,
        "offsets": offsets,
        "groupConsume": group_consume,
        "share": share,
        "join": join,
        "leave": leave,
        "committed": committed,
        "commit": commit,
        "deleteOffsets": delete_offsets,
        "describeGroup": describe_group,
        "listGroups": list_groups,
        "deleteGroup": delete_group,
        "deleteRecords": delete_records,
        "logDirs": log_dirs,
        "acls": acls,
        "listTransactions": lambda: [one.transactional_id for each in admin.list_transactions().values() for one in each],
        "transaction": transaction,
    },
    name_of,
)
