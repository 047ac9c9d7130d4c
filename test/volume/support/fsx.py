"""One file under random calls, memory maps among them, against the bytes that it must have: after Apple's fsx.

usage: fsx.py FOLDER CALLS SEED     exit code 0 and one line when all bytes were right
"""

import ctypes
import errno
import mmap
import os
import random
import sys

LIMIT = 256 * 1024
PAGE = mmap.PAGESIZE
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


class File:
    def __init__(self, folder, seed):
        self.path = os.path.join(folder, "file")
        self.random = random.Random(seed)
        self.right = bytearray()
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)

    def place(self, limit):
        return self.random.randrange(limit + 1)

    def span(self, limit):
        """A range within the limit, mostly short; some whole pages."""
        start = self.place(limit)
        length = self.place(min(limit - start, self.random.choice([16, 512, PAGE, 64 * 1024])))
        if self.random.random() < 0.2:
            start -= start % PAGE
        return start, start + length

    def data(self, length):
        return self.random.randbytes(length)

    def put(self, start, data):
        if len(self.right) < start + len(data) and data:
            self.right.extend(bytes(start + len(data) - len(self.right)))
        self.right[start : start + len(data)] = data

    def resize(self, size):
        if size < len(self.right):
            del self.right[size:]
        else:
            self.right.extend(bytes(size - len(self.right)))

    def write(self):
        start, end = self.span(LIMIT)
        data = self.data(end - start)
        assert os.pwrite(self.fd, data, start) == len(data)
        self.put(start, data)

    def append(self):
        data = self.data(self.place(min(4096, LIMIT - len(self.right))))
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        os.write(fd, data)
        os.close(fd)
        self.put(len(self.right), data)

    def write_synced(self):
        start, end = self.span(LIMIT)
        data = self.data(end - start)
        fd = os.open(self.path, os.O_WRONLY | os.O_DSYNC)
        os.pwrite(fd, data, start)
        os.close(fd)
        self.put(start, data)

    def read(self):
        start, end = self.span(LIMIT)
        self.check(os.pread(self.fd, end - start, start), start, end, "read")

    def truncate(self):
        size = self.place(LIMIT)
        os.ftruncate(self.fd, size)
        self.resize(size)

    def map_read(self):
        if not self.right:
            return
        with mmap.mmap(self.fd, len(self.right), prot=mmap.PROT_READ) as mapped:
            start, end = self.span(len(self.right))
            self.check(mapped[start:end], start, end, "mapped read")

    def map_write(self):
        start, end = self.span(LIMIT)
        if end > len(self.right):
            os.ftruncate(self.fd, end)
            self.resize(end)
        if end == 0:
            return
        with mmap.mmap(self.fd, len(self.right)) as mapped:
            data = self.data(end - start)
            mapped[start:end] = data
            if self.random.random() < 0.5:
                mapped.flush()
        self.put(start, data)

    def allocate(self):
        start, end = self.span(LIMIT)
        if end == start:
            return
        mode = self.random.choice([0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE, ZERO_RANGE, ZERO_RANGE | KEEP_SIZE])
        if libc.fallocate(self.fd, mode, start, end - start) != 0:
            raise OSError(ctypes.get_errno(), f"fallocate {mode}")
        if mode & KEEP_SIZE == 0 and end > len(self.right):
            self.resize(end)
        if mode & (PUNCH_HOLE | ZERO_RANGE):
            until = min(end, len(self.right))
            if until > start:
                self.right[start:until] = bytes(until - start)

    def copy(self):
        start, end = self.span(len(self.right))
        to = self.place(LIMIT - (end - start))
        if end == start or (to < end and start < to + end - start):
            return
        data = self.right[start:end]
        done = 0
        while done < len(data):
            done += os.copy_file_range(self.fd, self.fd, len(data) - done, start + done, to + done)
        self.put(to, data)

    def seek(self):
        """Everything that is not zero is data."""
        if not self.right:
            return
        start = self.random.randrange(len(self.right))
        try:
            found = os.lseek(self.fd, start, os.SEEK_DATA)
        except OSError as error:
            assert error.errno == errno.ENXIO, error
            found = len(self.right)
        assert not any(self.right[start:found]), f"a hole from {start} to {found} has bytes"

    def sync(self):
        self.random.choice([os.fsync, os.fdatasync])(self.fd)

    def reopen(self):
        os.close(self.fd)
        self.fd = os.open(self.path, os.O_RDWR)

    def check(self, found, start, end, what):
        right = bytes(self.right[start:end])
        if found == right:
            return
        first = next((i for i, (a, b) in enumerate(zip(found, right)) if a != b), min(len(found), len(right)))
        sys.exit(f"{what} [{start}, {end}): {len(found)} bytes for {len(right)}, different from {start + first} on")


def main():
    folder, calls, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    file = File(folder, seed)
    every = [
        *[file.write] * 6,
        *[file.read] * 6,
        *[file.map_write] * 4,
        *[file.map_read] * 4,
        *[file.truncate] * 2,
        *[file.allocate] * 3,
        *[file.append] * 2,
        file.write_synced,
        *[file.copy] * 2,
        file.seek,
        file.sync,
        file.reopen,
    ]
    for number in range(calls):
        call = file.random.choice(every)
        try:
            call()
            size = os.fstat(file.fd).st_size
            assert size == len(file.right), f"{size} bytes long for {len(file.right)}"
            if number % 100 == 0:
                file.check(os.pread(file.fd, LIMIT, 0), 0, LIMIT, "whole file")
        except (OSError, AssertionError) as error:
            sys.exit(f"call {number}, {call.__name__}: {error}")
    file.check(os.pread(file.fd, LIMIT, 0), 0, LIMIT, "whole file")
    os.close(file.fd)
    with open(file.path, "rb") as again:
        file.check(again.read(), 0, LIMIT, "whole file, opened again")
    os.unlink(file.path)
    print(f"{calls} calls, seed {seed}: all bytes right")


main()
