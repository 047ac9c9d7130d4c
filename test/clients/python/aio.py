"""aiokafka. Every step runs in one event loop, which lives as long as the program."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from serve import PATIENCE, NotOffered, Refused, bootstrap, encoded, in_order, placed, serve, told, value_of

loop = asyncio.new_event_loop()
servers = {"bootstrap_servers": bootstrap.split(",")}


async def _admin():
    client = AIOKafkaAdminClient(**servers)
    await client.start()
    return client


admin = loop.run_until_complete(_admin())


def name_of(error):
    # it has two errors for a time that is over, by which of its clocks was first
    return getattr(error, "errno", None) or type(error).__name__.replace("KafkaTimeoutError", "TimeoutError")


def refuse(code):
    if code:
        raise Refused(code)


async def until(is_so, limit=PATIENCE):
    end = loop.time() + limit
    while not is_so() and loop.time() < end:
        await asyncio.sleep(0.02)


async def create_topic(topic, partitions, replicationFactor=1, configs=None, validateOnly=False):
    new = NewTopic(topic, partitions, replicationFactor, topic_configs=configs or {})
    found = await admin.create_topics([new], validate_only=validateOnly)
    refuse(found.topic_errors[0][1])


async def create_partitions(topic, total):
    found = await admin.create_partitions({topic: NewPartitions(total)})
    refuse(found.topic_errors[0][1])


async def describe_topic(topic):
    [found] = await admin.describe_topics([topic])
    refuse(found["error_code"])
    return sorted(one["partition"] for one in found["partitions"])


async def list_topics():
    return list(await admin.list_topics())


async def delete_topic(topic):
    found = await admin.delete_topics([topic])
    refuse(found.topic_error_codes[0][1])


async def describe_cluster():
    found = await admin.describe_cluster()
    return {"controller": found["controller_id"] in [one["node_id"] for one in found["brokers"]]}


async def describe_configs(topic, names):
    return await _configs(ConfigResourceType.TOPIC, topic, names)


async def describe_broker_configs(names):
    node = (await admin.describe_cluster())["brokers"][0]["node_id"]
    return await _configs(ConfigResourceType.BROKER, str(node), names)


async def _configs(kind, name, names):
    [found] = await admin.describe_configs([ConfigResource(kind, name, dict.fromkeys(names))])
    code, _, _, _, entries = found.resources[0][:5]
    refuse(code)
    return {entry[0]: entry[1] for entry in entries}


async def alter_configs(topic, configs):
    [found] = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    refuse(found.resources[0][0])


async def produce(topic, records, partition=None, acks=-1, compression=None, idempotent=False):
    producer = AIOKafkaProducer(
        **servers,
        acks=acks,
        compression_type=compression,
        enable_idempotence=idempotent,
        max_request_size=10_000_000,
        linger_ms=50,
        request_timeout_ms=20_000,
    )
    await producer.start()
    try:
        futures = [
            await producer.send(
                topic,
                value=value_of(record),
                key=encoded(record.get("key")),
                partition=partition,
                timestamp_ms=record.get("timestamp"),
                headers=[(name, encoded(content)) for name, content in record.get("headers", [])],
            )
            for record in records
        ]
        sent = [await future for future in futures]
        return None if acks == 0 else placed([[one.partition, one.offset] for one in sent])
    finally:
        await producer.stop()


async def consume(topic, partition, offset, count, back=0, isolation="read_uncommitted", times=False, patienceMs=None):
    settings = {"auto_offset_reset": "none", "isolation_level": isolation, "fetch_max_wait_ms": 100}
    consumer = AIOKafkaConsumer(**servers, **settings, enable_auto_commit=False)
    await consumer.start()
    try:
        at = TopicPartition(topic, partition)
        consumer.assign([at])
        if isinstance(offset, dict):
            offset = (await consumer.offsets_for_times({at: offset["timestamp"]}))[at].offset
        elif offset == "beginning":
            offset = (await consumer.beginning_offsets([at]))[at]
        elif offset == "end":
            offset = (await consumer.end_offsets([at]))[at] - back
        consumer.seek(at, offset)
        return await _read(consumer, count, times, PATIENCE if patienceMs is None else patienceMs / 1000)
    finally:
        await consumer.stop()


async def _read(consumer, count, times=False, limit=PATIENCE):
    got = []
    end = loop.time() + limit
    while len(got) < count and loop.time() < end:
        for records in (await consumer.getmany(timeout_ms=100, max_records=count - len(got))).values():
            for one in records:
                got.append(told(one.partition, one.offset, one.key, one.value, one.headers, one.timestamp, times))
    return got


async def offsets(topic, at):
    if at == "max-timestamp":
        raise NotOffered("no such call")
    partitions = [TopicPartition(topic, partition) for partition in await describe_topic(topic)]
    consumer = AIOKafkaConsumer(**servers)
    await consumer.start()
    try:
        if at == "beginning":
            found = await consumer.beginning_offsets(partitions)
        elif at == "end":
            found = await consumer.end_offsets(partitions)
        else:
            by_time = await consumer.offsets_for_times(dict.fromkeys(partitions, at))
            found = {one: -1 if by_time[one] is None else by_time[one].offset for one in partitions}
        return [found[one] for one in partitions]
    finally:
        await consumer.stop()


async def member(topic, group):
    consumer = AIOKafkaConsumer(
        topic,
        **servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=200,
        session_timeout_ms=10_000,
        fetch_max_wait_ms=100,
        partition_assignment_strategy=[RangePartitionAssignor],
    )
    await consumer.start()
    return consumer


async def group_consume(topic, group, count, protocol="classic"):
    if protocol != "classic":
        raise NotOffered("no such protocol")
    consumer = await member(topic, group)
    try:
        got = await _read(consumer, count)
        await consumer.commit()
        return in_order(got)
    finally:
        await consumer.stop()


class Member:
    """Polls in a task of its own until it leaves."""

    def __init__(self, consumer):
        self.consumer = consumer
        self.leaving = False
        self.task = loop.create_task(self._poll())

    @property
    def partitions(self):
        return len(self.consumer.assignment())

    async def _poll(self):
        while not self.leaving:
            await self.consumer.getmany(timeout_ms=50)

    async def leave(self):
        self.leaving = True
        await self.task
        await self.consumer.stop()


async def share(topic, group, members, cooperative=False):
    if cooperative:
        raise NotOffered("no incremental rebalance")
    first = Member(await member(topic, group))
    await until(lambda: first.partitions == 4)
    second = Member(await member(topic, group))
    await until(lambda: first.partitions == 2 and second.partitions == 2)
    shared = [first.partitions, second.partitions]
    await first.leave()
    await until(lambda: second.partitions == 4)
    alone = second.partitions
    await second.leave()
    return [shared, alone]


staying = []


async def join(topic, group):
    staying.append(await member(topic, group))
    await until(lambda: len(staying[0].assignment()) > 0)


async def leave():
    await staying.pop().stop()


async def committed(topic, group):
    found = await admin.list_consumer_group_offsets(group)
    return {str(at.partition): one.offset for at, one in found.items() if at.topic == topic and one.offset >= 0}


async def describe_group(group):
    [found] = await admin.describe_consumer_groups([group])
    code, _, state, _, _, members = found.groups[0][:6]
    refuse(code)
    return {"state": state, "members": len(members)}


async def list_groups():
    return [one[0] for one in await admin.list_consumer_groups()]


async def delete_records(topic, partition, before):
    at = TopicPartition(topic, partition)
    return (await admin.delete_records({at: RecordsToDelete(before)}))[at]


async def transaction(topic, transactionalId):
    producer = AIOKafkaProducer(**servers, transactional_id=transactionalId)
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, b"x", partition=0)
    finally:
        await producer.stop()


def bounded(operation):
    return lambda **step: loop.run_until_complete(asyncio.wait_for(operation(**step), 40))


serve(
    {
        name: bounded(operation)
        for name, operation in {
            "createTopic": create_topic,
            "createPartitions": create_partitions,
            "describeTopic": describe_topic,
            "listTopics": list_topics,
            "deleteTopic": delete_topic,
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
            "describeGroup": describe_group,
            "listGroups": list_groups,
            "deleteRecords": delete_records,
            "transaction": transaction,
        }.items()
    },
    name_of,
)
