"""What the machine can do with each kind of work alone."""
import os
import subprocess
import time

import data
import measure
import report
from settings import at, scaled


def seconds_of(command):
    started = time.monotonic()
    subprocess.check_call(command, shell=True, env=measure.environment(), stdin=subprocess.DEVNULL)
    return time.monotonic() - started


def creation_rate(threads):
    measure.remove("created")
    os.makedirs(at("created"))
    return data.machine("create", at("created"), scaled(200000), 2500, threads)


def print_limits():
    os.makedirs(at("source"))
    data.fill_big(at("source"))
    big = at("source", "big")
    size = os.path.getsize(big)
    measure.warm(at("source"))
    gpg = "gpg --batch -q --pinentry-mode loopback --passphrase bench -c -z 0 -o - '%s' >/dev/null"
    rates = [
        ("read, warm (cat)", size / seconds_of("cat '%s' >/dev/null" % big)),
        ("deflate at our level, one thread", data.machine("deflate", big)),
        ("AES-256 with SHA-1 (gpg -z 0)", size / seconds_of(gpg % big)),
        ("SHA-1", data.machine("sha1", big)),
        ("copy to the file system (cp)", size / seconds_of("cp '%s' '%s'" % (big, at("copy")))),
    ]
    report.heading("the machine alone: %.0f MB, half noise, half text" % (size / 1e6))
    report.table(["work", "MB/s", "seconds"], [[name, "%.0f" % (rate / 1e6), "%.2f" % (size / rate)] for name, rate in rates])
    report.heading("the file system: %d files of up to 2.5 KB" % scaled(200000))
    rows = [(threads, creation_rate(threads)) for threads in (1, 2)]
    report.table(["threads", "files/s", "seconds"], [["%d" % threads, "%.0f" % rate, "%.2f" % (scaled(200000) / rate)] for threads, rate in rows])
    measure.remove("source", "copy", "created")
