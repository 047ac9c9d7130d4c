"""confluent-kafka-python, so librdkafka."""

import threading

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)

from serve import PATIENCE, bootstrap, encoded, in_order, placed, serve, told, until, value_of

common = {"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 500}
admin = AdminClient(common)


def name_of(error):
    if isinstance(error, KafkaException):
        error = error.args[0]
    return error.name() if isinstance(error, KafkaError) else type(error).__name__


def result(futures):
    [future] = futures.values()
    return future.result(timeout=30)


def create_topic(topic, partitions, replicationFactor=-1, configs=None, validateOnly=False):
    new = NewTopic(topic, num_partitions=partitions, replication_factor=replicationFactor, config=configs or {})
    result(admin.create_topics([new], validate_only=validateOnly))


def create_partitions(topic, total):
    result(admin.create_partitions([NewPartitions(topic, total)]))


def describe_topic(topic):
    found = admin.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    return sorted(found.partitions)


def describe_cluster():
    found = admin.describe_cluster().result(timeout=10)
    return {"controller": found.controller.id in [node.id for node in found.nodes]}


def describe_configs(topic, names):
    return _configs(ConfigResource(ResourceType.TOPIC, topic), names)


def describe_broker_configs(names):
    node = admin.describe_cluster().result(timeout=10).nodes[0]
    return _configs(ConfigResource(ResourceType.BROKER, str(node.id)), names)


def _configs(resource, names):
    found = result(admin.describe_configs([resource]))
    return {name: found[name].value for name in names if name in found}


def alter_configs(topic, configs):
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in configs.items()]
    result(admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)]))


def produce(topic, records, partition=-1, acks=-1, compression="none", idempotent=False):
    settings = {"acks": acks, "compression.type": compression, "enable.idempotence": idempotent}
    sizes = {"message.max.bytes": 10_000_000, "linger.ms": 50}
    # java's partitioner, or keys would go elsewhere with every version
    producer = Producer({**common, **settings, **sizes, "partitioner": "murmur2_random", "message.timeout.ms": 20_000,
                         "topic.metadata.propagation.max.ms": 1000})
    sent, errors = [], []

    def delivered(error, message):
        errors.append(error) if error else sent.append([message.partition(), message.offset()])

    for record in records:
        headers = [(name, encoded(content)) for name, content in record.get("headers", [])]
        extra = {"timestamp": record["timestamp"]} if "timestamp" in record else {}
        producer.produce(
            topic,
            value_of(record),
            encoded(record.get("key")),
            partition=partition,
            headers=headers,
            on_delivery=delivered,
            **extra,
        )
    producer.flush(30)
    if errors:
        raise KafkaException(errors[0])
    return None if acks == 0 else placed(sent)


def consume(topic, partition, offset, count, back=0, isolation="read_uncommitted", times=False, patienceMs=None):
    settings = {"group.id": "reader", "auto.offset.reset": "error", "enable.auto.commit": False}
    consumer = Consumer({**common, **settings, "isolation.level": isolation, "fetch.wait.max.ms": 100})
    try:
        if isinstance(offset, dict):
            [found] = consumer.offsets_for_times([TopicPartition(topic, partition, offset["timestamp"])], timeout=10)
            offset = found.offset
        elif not isinstance(offset, int):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            offset = low if offset == "beginning" else high - back
        consumer.assign([TopicPartition(topic, partition, offset)])
        return _read(consumer, count, times, patienceMs)
    finally:
        consumer.close()


def _read(consumer, count, times=False, patience_ms=None):
    got = []

    def poll():
        message = consumer.poll(0.1)
        if message is None:
            return False
        if message.error():
            raise KafkaException(message.error())
        headers = message.headers()
        _, timestamp = message.timestamp()
        place = (message.partition(), message.offset())
        got.append(told(*place, message.key(), message.value(), headers, timestamp, times))
        return len(got) >= count

    until(poll, PATIENCE if patience_ms is None else patience_ms / 1000)
    return got


def offsets(topic, at):
    specs = {"beginning": OffsetSpec.earliest(), "end": OffsetSpec.latest(), "max-timestamp": OffsetSpec.max_timestamp()}
    spec = specs[at] if at in specs else OffsetSpec.for_timestamp(at)
    partitions = [TopicPartition(topic, partition) for partition in describe_topic(topic)]
    found = admin.list_offsets(
        {one: spec for one in partitions}, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=10
    )
    return [found[one].result(timeout=10).offset for one in partitions]


def member(group, cooperative=False, protocol="classic"):
    settings = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    if protocol == "classic":
        settings["partition.assignment.strategy"] = "cooperative-sticky" if cooperative else "range"
        settings["heartbeat.interval.ms"] = 200
        settings["session.timeout.ms"] = 10_000
    return Consumer({**common, **settings, "group.protocol": protocol, "fetch.wait.max.ms": 100})


def group_consume(topic, group, count, protocol="classic"):
    consumer = member(group, protocol=protocol)
    try:
        consumer.subscribe([topic])
        got = _read(consumer, count)
        if got:
            consumer.commit(asynchronous=False)
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
            self.consumer.poll(0.05)
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
    found = result(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    return {str(one.partition): one.offset for one in found.topic_partitions if one.topic == topic and one.offset >= 0}


def commit(topic, group, offsets):
    partitions = [TopicPartition(topic, int(partition), offset) for partition, offset in offsets.items()]
    found = result(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, partitions)]))
    for one in found.topic_partitions:
        if one.error:
            raise KafkaException(one.error)


def describe_group(group):
    found = result(admin.describe_consumer_groups([group]))
    partitions = sum(len(one.assignment.topic_partitions) for one in found.members)
    return {"state": found.state.name, "members": len(found.members), "partitions": partitions}


def list_groups():
    return [one.group_id for one in admin.list_consumer_groups().result(timeout=10).valid]


def delete_group(group):
    result(admin.delete_consumer_groups([group]))


def delete_records(topic, partition, before):
    return result(admin.delete_records([TopicPartition(topic, partition, before)])).low_watermark


def acls():
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    return [str(one) for one in admin.describe_acls(everything).result(timeout=10)]


def transaction(topic, transactionalId):
    producer = Producer({**common, "transactional.id": transactionalId})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"x", partition=0)
    producer.commit_transaction(30)


serve(
    {
        "createTopic": create_topic,
        "createPartitions": create_partitions,
        "describeTopic": describe_topic,
        "listTopics": lambda: list(admin.list_topics(timeout=10).topics),
        "deleteTopic": lambda topic: result(admin.delete_topics([topic])),
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
        "describeGroup": describe_group,
        "listGroups": list_groups,
        "deleteGroup": delete_group,
        "deleteRecords": delete_records,
        "acls": acls,
        "transaction": transaction,
    },
    name_of,
)
