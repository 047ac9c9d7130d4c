"""One message to mqchaos: a line on stdout, which is out of this process when this returns."""

import json
import sys
import threading

_lock = threading.Lock()


def say(**message):
    line = json.dumps(message) + "\n"
    with _lock:
        sys.stdout.write(line)
        sys.stdout.flush()
