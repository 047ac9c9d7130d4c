"""A producer for mqchaos, with confluent-kafka: it sends what it is told to, and says what became of each message.

    mqchaos worker check --role producer -- python3 producer.py
"""

import base64
import json
import signal
import sys
import threading

import confluent_kafka
from confluent_kafka import KafkaError

from connection import connection
from lines import say

# Of a message that fails with one of these it is certain that it is not stored. Of all others nobody knows.
NOT_STORED = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError._PURGE_QUEUE}


def main():
    hello = json.loads(sys.stdin.readline())
    producer = confluent_kafka.Producer(
        {
            **connection(hello),
            "acks": hello["acks"] if hello["acks"] == "all" else 1,
            "enable.idempotence": hello["idempotent"],
            "delivery.timeout.ms": hello["timeoutMs"],
            "linger.ms": 0,
        }
    )
    say(type="ready", protocol=1, client=f"confluent-kafka {confluent_kafka.version()}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves the loop below
    ending = threading.Event()
    answers = threading.Thread(target=serve_answers, args=(producer, ending), daemon=True)
    answers.start()
    try:
        for line in sys.stdin:
            produce(producer, hello["topic"], json.loads(line))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ending.set()
        answers.join()
        producer.flush()  # answers everything that was taken, within the delivery timeout


def produce(producer, topic, send):
    def delivered(error, message):
        if error is None:
            say(type="acked", id=send["id"], partition=message.partition(), position=message.offset())
        elif error.code() in NOT_STORED:
            say(type="rejected", id=send["id"], reason=error.name())
        else:
            say(type="unknown", id=send["id"], reason=error.name())

    value = base64.b64decode(send["value"])
    try:
        producer.produce(topic, value, partition=send["partition"], on_delivery=delivered)
    except (BufferError, confluent_kafka.KafkaException) as error:
        say(type="rejected", id=send["id"], reason=type(error).__name__)  # the client did not take it


def serve_answers(producer, ending):
    while not ending.is_set():
        producer.poll(0.1)


if __name__ == "__main__":
    main()
