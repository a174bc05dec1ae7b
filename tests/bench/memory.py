"""How much memory ours takes at other limits than those of growth.py. Without gpg, whose keys would take minutes of a thousand volumes."""
import os
import random

import data
import measure
import report
from compare import ENGINE_CEILING, FAMILY_CEILING
from settings import PROG, at, scaled

rows = []


def ours(verb, *arguments):
    return [PROG, verb, *arguments, "--archive-dir", at("cache-ours"), "--no-encryption"]


def note(case, step, run):
    is_met = run.peak <= ENGINE_CEILING and run.family <= FAMILY_CEILING
    rows.append(["%s: %s" % (case, step), "%.2f" % run.seconds, "%.0f" % run.peak, "%.0f" % run.family, report.verdict(is_met)])


def full_and_back(case, change, *options):
    """A full backup, an incremental one after CHANGE, and the restore of both."""
    url = "file://" + at("repository")
    note(case, "full", measure.run(ours("full", at("source"), url, "--current-time", "1700000000", *options)))
    change()
    note(case, "incremental", measure.run(ours("incremental", at("source"), url, "--current-time", "1700001000", *options)))
    measure.remove("restored")
    note(case, "restore", measure.run(ours("restore", url, at("restored"))))
    data.check_restored(at("source"), measure.size_of)


def append(path, content):
    with open(path, "ab") as out:
        out.write(content)


def sparse_file():
    size = scaled(20e9)
    append(at("source", "sparse"), b"start")
    os.truncate(at("source", "sparse"), size)
    full_and_back("a sparse file of %.1f GB" % (size / 1e9), lambda: append(at("source", "sparse"), b"end"))


def many_volumes():
    count = scaled(1000)
    data.machine("fill", at("source", "big"), count * 2 << 20)
    full_and_back("about %d volumes" % count, lambda: append(at("source", "big"), b"end"), "--volsize", "1")


def long_chain():
    count = scaled(150, 3)
    noise, url, worst = random.Random(4), "file://" + at("repository"), []
    append(at("source", "database"), noise.getrandbits(8 << 23).to_bytes(1 << 23, "little"))
    for number in range(count):
        append(at("source", "file-%d" % number), b"one more\n")
        with open(at("source", "database"), "r+b") as out:
            out.seek(noise.randrange(1 << 23))
            out.write(b"an edit")
        worst.append(measure.run(ours("backup", at("source"), url, "--current-time", str(1700000000 + number * 1000))))
    case = "a chain of %d sets" % count
    note(case, "all backups", measure.Run(sum(run.seconds for run in worst), sum(run.user for run in worst), max(run.peak for run in worst),
                                          max(run.family for run in worst)))
    measure.remove("restored")
    note(case, "restore", measure.run(ours("restore", url, at("restored"))))
    measure.remove("cache-ours")
    note(case, "status, no local copies", measure.run(ours("collection-status", url)))


def print_memory():
    for case in (sparse_file, many_volumes, long_chain):
        measure.remove("repository", "restored", "cache-ours", "source")
        os.makedirs(at("source"))
        case()
    report.heading("memory at the limits: ≤ %d MiB, with children ≤ %d MiB" % (ENGINE_CEILING, FAMILY_CEILING))
    report.table(["case", "s", "largest process MiB", "with children MiB", ""], rows)
    measure.remove("repository", "restored", "cache-ours", "source")
