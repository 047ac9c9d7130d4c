"""Six threads that write records and sync them, each in its own way, until a call fails: the power was cut. A seventh one,
`lazy`, syncs nothing and tells of nothing.

usage: syncers.py FOLDER     prints a line `STYLE NUMBER` after each sync that has returned, and nothing before

Record NUMBER of a style is 64 bytes that tell both, at 64 * NUMBER of FOLDER/STYLE; styles `new` and `renamed` have a file
of its own for each record.
"""

import mmap
import os
import sys
import threading
import time

SIZE = 64
MAPPED = 1024 * 1024


def record(style, number):
    return f"{style} {number}".encode().ljust(SIZE - 1, b".") + b"\n"


def say(style, number):
    os.write(1, f"{style} {number}\n".encode())


def appending(folder, style, flags, sync):
    fd = os.open(f"{folder}/{style}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | flags, 0o644)
    number = 0
    while True:
        os.write(fd, record(style, number))
        sync(fd)
        say(style, number)
        number += 1


def mapped(folder, style):
    fd = os.open(f"{folder}/{style}", os.O_RDWR | os.O_CREAT, 0o644)
    os.ftruncate(fd, MAPPED)
    memory = mmap.mmap(fd, MAPPED)
    for number in range(MAPPED // SIZE):
        at = number * SIZE
        memory[at : at + SIZE] = record(style, number)
        page = at - at % mmap.PAGESIZE
        memory.flush(page, mmap.PAGESIZE)
        say(style, number)


def new(folder, style):
    number = 0
    while True:
        fd = os.open(f"{folder}/{style}-{number}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(fd, record(style, number))
        os.fsync(fd)
        os.close(fd)
        say(style, number)
        number += 1


def renamed(folder, style):
    """The way of small files: write, sync, rename, sync of the folder."""
    above = os.open(folder, os.O_RDONLY)
    number = 0
    while True:
        fd = os.open(f"{folder}/{style}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(fd, record(style, number))
        os.fsync(fd)
        os.close(fd)
        os.rename(f"{folder}/{style}.new", f"{folder}/{style}")
        os.fsync(above)
        say(style, number)
        number += 1


def lazy(folder, style):
    fd = os.open(f"{folder}/{style}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    number = 0
    while True:
        os.write(fd, record(style, number))
        number += 1
        time.sleep(0.002)


styles = {
    "fsync": lambda folder, style: appending(folder, style, 0, os.fsync),
    "fdatasync": lambda folder, style: appending(folder, style, 0, os.fdatasync),
    "dsync": lambda folder, style: appending(folder, style, os.O_DSYNC, lambda fd: None),
    "mapped": mapped,
    "new": new,
    "renamed": renamed,
    "lazy": lazy,
}


def run(folder, style):
    try:
        styles[style](folder, style)
    except OSError as error:
        os.write(2, f"{style}: {error}\n".encode())


threads = [threading.Thread(target=run, args=(sys.argv[1], style)) for style in styles]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
