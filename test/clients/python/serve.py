"""The line protocol of ../README.md around the operations of a client."""

import json
import sys
import time
import traceback

bootstrap = sys.argv[-1]

PATIENCE = 10.0
"""Seconds that a record may take to come, and a group to settle."""


class Refused(Exception):
    """An error by Kafka's name or number."""

    def __init__(self, kafka):
        super().__init__(str(kafka))
        self.kafka = kafka


class NotOffered(Exception):
    """The client's API has no such thing."""


def serve(operations, name_of):
    """`operations` by name; `name_of` says which error of Kafka an exception of the client is."""
    for line in sys.stdin:
        step = json.loads(line)
        print(json.dumps(_perform(operations, step.pop("op"), step, name_of)), flush=True)


def _perform(operations, op, step, name_of):
    operation = operations.get(op)
    if operation is None:
        return {"notOffered": "no such call"}
    try:
        return {"is": operation(**step)}
    except NotOffered as error:
        return {"notOffered": str(error)}
    except Refused as error:
        return {"error": error.kafka}
    except Exception as error:
        traceback.print_exc()
        return {"error": name_of(error)}


def until(is_so, limit=PATIENCE):
    end = time.monotonic() + limit
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def told(partition, offset, key, value, headers, timestamp, times=False):
    """A record as the suite tells it."""
    record = {
        "partition": partition,
        "offset": offset,
        "key": text(key),
        "value": text(value),
        "headers": [[name, text(content)] for name, content in headers or []],
    }
    return {**record, "timestamp": timestamp} if times else record


def text(content):
    if content is None:
        return None
    return f"{len(content)} bytes" if len(content) > 1000 else content.decode()


def in_order(records):
    return sorted(records, key=lambda one: (one["partition"], one["offset"]))


def value_of(record):
    """The bytes to send; None for a tombstone."""
    if "size" in record:
        return b"x" * record["size"]
    return encoded(record.get("value"))


def encoded(content):
    return None if content is None else content.encode()


def placed(sent):
    """[partition, offset] of each record sent -> [partition, first offset, count]."""
    partitions = sorted({partition for partition, _ in sent})
    each = [(partition, [offset for to, offset in sent if to == partition]) for partition in partitions]
    return [[partition, min(offsets), len(offsets)] for partition, offsets in each]
