"""Trees to back up, and what happens to them."""
import os
import random
import shutil
import subprocess
import sys

from settings import MACHINE, at, scaled

EDIT = 4096


def machine(*arguments):
    """The number that tests/bench/machine.c prints."""
    return float(subprocess.check_output([MACHINE] + [str(one) for one in arguments]))


def fill_mixed(folder):
    """Real files, as they come, up to 1.1 GB."""
    budget = scaled(1.1e9)
    for root in ("/usr/bin", "/usr/share", "/usr/lib"):
        for where, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(where, name)
                if budget <= 0:
                    return
                if os.path.islink(path) or not os.path.isfile(path) or not os.access(path, os.R_OK):
                    continue
                target = folder + path
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(path, target)
                budget -= os.path.getsize(path)


def fill_big(folder):
    """1.5 GB: half of it is noise, half of it text of a kind that compresses well."""
    machine("fill", os.path.join(folder, "big"), scaled(1.5e9))


def small_files(folder, count):
    """What machine.c is to do."""
    return ["create", folder, str(count), "2500", "2"]


def fill_small(folder):
    machine(*small_files(folder, scaled(200000)))


def files_of(folder):
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield os.path.join(where, name)


class Edits:
    """Pieces of files that are overwritten in place, and can be put back as they were."""

    def __init__(self, places, length):
        self.places, self.length, self.kept = places, length, []

    def apply(self):
        noise = random.Random(5)
        for path, offset in self.places:
            about = os.stat(path)
            with open(path, "r+b") as file:
                file.seek(offset)
                old = file.read(self.length)
                file.seek(offset)
                file.write(noise.getrandbits(8 * len(old)).to_bytes(len(old), "little") if old else b"")
            self.kept.append((path, offset, old, about))
            os.utime(path)  # an empty file too

    def undo(self):
        for path, offset, old, about in reversed(self.kept):
            with open(path, "r+b") as file:
                file.seek(offset)
                file.write(old)
            os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
        self.kept = []


def touch_some(folder):
    """1 % of the files: some bytes in the middle of every hundredth."""
    paths = list(files_of(folder))[::100]
    return Edits([(path, os.path.getsize(path) // 2) for path in paths], 200)


def scattered_edits(folder):
    """200 edits of 4 KB, all over the file."""
    path, where = os.path.join(folder, "big"), random.Random(6)
    most = os.path.getsize(path) - EDIT
    return Edits([(path, where.randrange(most)) for _ in range(200)], EDIT)


def check_restored(source, size_of):
    """Ends the program when what was restored is not as much as there was."""
    if size_of(at("restored")) != size_of(source):
        sys.exit("bench: what was restored differs from the source: %s and %s (bytes, files)" % (size_of(at("restored")), size_of(source)))
