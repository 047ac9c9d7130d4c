"""A consumer for mqchaos, with confluent-kafka. It commits once its messages are processed, or before, as it is told.

    mqchaos worker check --role consumer -- python3 consumer.py

An argument is how long processing one message takes, in ms.
"""

import base64
import json
import signal
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import TopicPartition

from connection import connection
from lines import say

BATCH = 50


def main():
    work_s = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0
    hello = json.loads(sys.stdin.readline())
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    consumer = confluent_kafka.Consumer(
        {
            **connection(hello),
            "group.id": hello["group"],
            "session.timeout.ms": hello["sessionTimeoutMs"],
            "heartbeat.interval.ms": hello["sessionTimeoutMs"] // 3,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    say(type="ready", protocol=1, client=f"confluent-kafka {confluent_kafka.version()}")
    consumer.subscribe([hello["topic"]], on_assign=telling("assigned"), on_revoke=telling("revoked"))
    receipts = 0
    while not ending.is_set():
        batch = [message for message in consumer.consume(BATCH, timeout=0.2) if message.error() is None]
        for number, message in enumerate(batch, receipts):
            say(
                type="received",
                id=number,
                partition=message.partition(),
                position=message.offset(),
                value=base64.b64encode(message.value()).decode(),
            )
        if hello["commit"] == "before":
            commit(consumer, batch)
        for number, message in enumerate(batch, receipts):
            time.sleep(work_s)  # what your application does with it
            say(type="processed", id=number)
        if hello["commit"] == "after":
            commit(consumer, batch)
        receipts += len(batch)
    consumer.close()


def telling(kind):
    return lambda _, partitions: say(type=kind, partitions=[each.partition for each in partitions])


def commit(consumer, batch):
    next_positions = {(message.topic(), message.partition()): message.offset() + 1 for message in batch}
    if not next_positions:
        return
    offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in next_positions.items()]
    try:
        committed = consumer.commit(offsets=offsets, asynchronous=False)
    except confluent_kafka.KafkaException as error:
        print(f"not committed: {error}", file=sys.stderr)  # it comes again, to this consumer or to another
        return
    for each in committed:
        if each.error is None:
            say(type="committed", partition=each.partition, position=each.offset)


if __name__ == "__main__":
    main()
