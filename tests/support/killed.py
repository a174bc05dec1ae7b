#!/usr/bin/env python3
"""Backups that are killed and continued, again and again, each time over a tree that has changed meanwhile.

killed.py HOW PLACE [--full] [--every N] [--kills N] [--seed N] [--stock N] -- OPTION...

HOW is calls (killed after its first call that changes something on disk, then after its second, and so on, until a run
survives; fault.so is preloaded for that) or times (killed up to three times at random moments). PLACE is a folder to work in, OPTION... are
those of the program ($PROG). --every N tries each N-th call only; --kills N goes on
until so many runs have been killed at random moments; --stock N restores with $STOCK, too, after each N-th completion.

What is checked of each set that was completed: restored, every path is as one of the runs must have seen it, and in archive order no path is
of an earlier run than the one before; volumes that were safe have not been written again, unless the file in which they end has changed; a further
backup brings everything to what there is now. The last line says how many runs were killed.
"""
import argparse
import hashlib
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from urllib.parse import unquote

BASE = 1600000000


def content(seed, size):
    """Nothing repeats within 64 KiB, so that no two chunks are the same; but it compresses."""
    unit = random.Random(seed).getrandbits(8 * 8192).to_bytes(8192, "little")
    return b"".join(unit[:4096] + bytes(4088) + number.to_bytes(8, "little") for number in range(size // 8192 + 1))[:size]


class Tree:
    def __init__(self, root, seed):
        self.root, self.random, self.clock = root, random.Random(seed), BASE

    def at(self, path):
        return os.path.join(self.root, path)

    def stamp(self, path):
        """A time of its own for the path and for the folder that holds it."""
        self.clock += 1
        os.utime(self.at(path), (self.clock, self.clock), follow_symlinks=False)
        os.utime(os.path.dirname(self.at(path)), (self.clock, self.clock))

    def file(self, path, size):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "wb") as out:
            out.write(content(self.random.random(), size))
        self.stamp(path)

    def make(self, scale):
        os.makedirs(self.root)
        for path, size in (("a/small", 10), ("a/large", 900000), ("b/larger", 2500000), ("b/next", 70000), ("c", 0), ("d/e/deep", 400000),
                           ("d/e/f", 65536), ("g", 1400000), ("h!/x", 5), ("h/x", 5), ("i", 300000), ("z", 100)):
            self.file(path, size * scale)
        os.symlink("nowhere", self.at("link"))
        for folder, _, _ in os.walk(self.root):
            os.utime(folder, (BASE, BASE))

    def remove(self, path):
        if os.path.isdir(self.at(path)) and not os.path.islink(self.at(path)):
            shutil.rmtree(self.at(path))
        elif os.path.lexists(self.at(path)):
            os.unlink(self.at(path))
        self.stamp(os.path.dirname(path) or ".")

    # what may happen to a file between two runs; the first four leave it a file with another content
    def grow(self, path):
        with open(self.at(path), "ab") as out:
            out.write(content(self.random.random(), 200000))
        self.stamp(path)

    def shrink(self, path):
        os.truncate(self.at(path), os.path.getsize(self.at(path)) // 3)
        self.stamp(path)

    def rewrite(self, path):
        self.file(path, os.path.getsize(self.at(path)) + 4096)

    def rewrite_unseen(self, path):
        """Same size, same time: a file that changes so is not seen by a backup that has it, but it must not be mixed."""
        times = os.stat(self.at(path))
        with open(self.at(path), "r+b") as out:
            out.write(content(self.random.random(), min(times.st_size, 60000)))
        os.utime(self.at(path), ns=(times.st_atime_ns, times.st_mtime_ns))

    def chmod(self, path):
        os.chmod(self.at(path), os.stat(self.at(path)).st_mode ^ 0o100)

    def to_folder(self, path):
        self.remove(path)
        self.file(path + "/inside", 70000)

    def to_link(self, path):
        self.remove(path)
        os.symlink("elsewhere", self.at(path))
        self.stamp(path)

    def hide(self, path):
        """Unreadable: for others than root."""
        os.chmod(self.at(path), 0)

    def files(self):
        found = []
        for folder, _, names in os.walk(self.root):
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return sorted(path for path in found if not os.path.islink(self.at(path)))

    def change(self, cut):
        """Something happens, often to the file CUT, which may be None."""
        happenings = [self.grow, self.shrink, self.rewrite, self.chmod, self.to_folder, self.to_link, self.remove]
        files = self.files()
        if cut in files and self.random.random() < 0.5:
            self.random.choice(happenings + [self.rewrite_unseen])(cut)
            files = self.files()
        for _ in range(self.random.randrange(3)):
            if files:
                self.random.choice(happenings)(self.random.choice(files))
                files = self.files()
        if self.random.random() < 0.5:
            name = "%s/new-%d" % (self.random.choice(("a", "b/c", "e", "x")), self.clock)
            if not os.path.lexists(self.at(name.split("/")[0])) or os.path.isdir(self.at(os.path.dirname(name))):
                self.file(name, self.random.choice((0, 20, 66000, 500000)))


def state(root):
    """Path as the archive orders them (a tuple of components) to what it is."""
    found = {}

    def look(path, components):
        status = os.lstat(path)
        kind = stat.S_IFMT(status.st_mode)
        what = None
        if stat.S_ISREG(kind):
            with open(path, "rb") as file:
                what = hashlib.sha256(file.read()).hexdigest()
        elif stat.S_ISLNK(kind):
            what = os.readlink(path)
        link = stat.S_ISLNK(kind)
        found[components] = (kind, None if link else status.st_mode, None if link else int(status.st_mtime), what)
        if stat.S_ISDIR(kind):
            for name in os.listdir(path):
                look(os.path.join(path, name), components + (os.fsencode(name),))

    look(root, ())
    return found


def check_mixture(generations, restored, what):
    """In archive order, each path is as one of GENERATIONS had it, never of an earlier one than the path before."""
    reached = 0
    for path in sorted(set(restored).union(*generations)):
        while reached < len(generations) and generations[reached].get(path) != restored.get(path):
            reached += 1
        if reached == len(generations):
            sys.exit("%s: %r is as no run can have seen it: %s; seen %s" % (
                what, path, restored.get(path), [generation.get(path) for generation in generations]))


class Trial:
    def __init__(self, place, options, arguments):
        self.place, self.options, self.arguments = place, options, arguments
        self.random = random.Random(arguments.seed)
        self.kills = self.completions = self.continued = self.time = 0
        self.url = "file://" + self.at("target")

    def at(self, name):
        return os.path.join(self.place, name)

    def environment(self, kill):
        preload = {"LD_PRELOAD": self.at("fault.so"), "FAULT_KILL": str(kill),
                   "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
        return dict(os.environ, **preload)

    def command(self, tool, *words, cache="cache"):
        return [os.environ[tool], *words, *self.options, "--archive-dir", self.at(cache), "--name", "n"]

    def backup_command(self):
        self.time += 1
        verb = "full" if self.arguments.full else "incremental"
        return self.command("PROG", verb, self.at("source"), self.url, "--volsize", "1", "--current-time", str(1700000000 + self.time),
                            "--concurrency", self.arguments.concurrency)

    def run(self, command, kill=10**6):
        """The status and what was said."""
        done = subprocess.run(command, env=self.environment(kill), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        if done.returncode not in (0, -signal.SIGKILL):
            sys.exit("%s\nended with %d:\n%s" % (" ".join(command), done.returncode, done.stdout[-3000:]))
        return done.returncode, done.stdout

    def run_until_random_moment(self):
        """Kills the run a little after one of its volumes has come; the status."""
        running = subprocess.Popen(self.backup_command(), env=self.environment(10**6), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        known = set(self.volumes().values())
        wanted = self.random.randrange(12 if self.arguments.full else 5)
        while running.poll() is None and len(set(self.volumes().values()) - known) < wanted:
            time.sleep(0.0002)
        time.sleep(self.random.random() * 0.01)
        running.kill()
        return running.wait()

    # ---- what a killed run has left ----

    def checkpoints(self):
        """For each volume that is safe: whether one can begin again behind it, and the file, or None, in which it ends."""
        try:
            with open(self.at("cache/n/.resume.log")) as log:
                volumes = [line.split(" ") for line in log if line[9:10] == "V" and line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [(words[27] == "1", unquote(words[7][1:], errors="surrogateescape") if int(words[8]) < 2**63 else None) for words in volumes]

    def file_times(self):
        times = {}
        for path in self.tree.files():
            status = os.stat(self.at("source/" + path))
            times[path] = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
        return times

    def volumes_to_keep(self, checkpoints):
        """How many of those that are safe have to be kept, as files were then (times_before) and are now."""
        now = self.file_times()
        count = len(checkpoints)
        while count:
            firm, cut = checkpoints[count - 1]
            if firm and (cut is None or self.times_before.get(cut) == now.get(cut) is not None):
                break
            count -= 1
            while count and cut and checkpoints[count - 1][1] == cut:
                count -= 1
        return count

    def volumes(self):
        found = {}
        for name in os.listdir(self.at("target")) if os.path.isdir(self.at("target")) else []:
            number = re.search(r"vol(\d+)\.", name)
            if number and not name.startswith(".") and name not in self.older:
                try:
                    status = os.stat(os.path.join(self.at("target"), name))
                except FileNotFoundError:  # a running program removes leftovers
                    continue
                found[int(number.group(1))] = (status.st_ino, status.st_mtime_ns)
        return found

    # ---- one set ----

    def begin(self):
        for name in ("source", "target", "cache", "cache-stock"):
            shutil.rmtree(self.at(name), ignore_errors=True)
        self.tree = Tree(self.at("source"), self.random.random())
        self.tree.make(4 if self.arguments.how == "times" else 1)
        if not self.arguments.full:
            full = self.command("PROG", "full", self.at("source"), self.url, "--current-time", "1700000000")
            self.run(full)
            for path in self.tree.files():
                self.random.choice((self.tree.grow, self.tree.rewrite, self.tree.rewrite, self.tree.chmod))(path)
            self.tree.to_folder("c")
            self.tree.remove("d")
        self.older = os.listdir(self.at("target")) if os.path.isdir(self.at("target")) else []
        self.generations = [state(self.at("source"))]

    def is_complete(self):
        return os.path.isdir(self.at("target")) and any("manifest" in name and not name.startswith(".") and name not in self.older for name in os.listdir(self.at("target")))

    def something_happens(self):
        self.times_before = self.file_times()
        checkpoints = self.checkpoints()
        if self.random.random() < 0.7:
            self.tree.change(checkpoints[-1][1] if checkpoints else None)
            self.generations.append(state(self.at("source")))

    def complete(self, is_first):
        """Runs to the end. Volumes that could be kept have been kept: if the run before was the set's first, it is known which."""
        checkpoints, before = self.checkpoints(), self.volumes()
        wanted = self.volumes_to_keep(checkpoints)
        _, said = self.run(self.backup_command())
        told = re.findall(r"^Continuing .* after volume (\d+)\.$|^Beginning .* again", said, re.M)
        kept = int(told[-1] or 0) if told else 0
        if is_first and kept != wanted:
            sys.exit("%d volumes were kept, of %s, instead of %d:\n%s" % (kept, checkpoints, wanted, said))
        after = self.volumes()
        for number in range(1, kept + 1):
            if before[number] != after[number]:
                sys.exit("volume %d was stored again:\n%s" % (number, said))
        self.continued += kept > 0

    def judge(self):
        self.completions += 1
        self.restore("PROG", "cache", "restored")
        stock = self.arguments.stock and self.completions % self.arguments.stock == 0
        if stock:
            self.restore("STOCK", "cache-stock", "restored by stock")
        unlisted = [number for number in self.volumes() if number > self.manifest_volumes()]
        if unlisted:
            sys.exit("volumes that the manifest does not name: %s" % unlisted)
        self.run(self.backup_command()[:1] + ["incremental"] + self.backup_command()[2:])
        self.generations = [state(self.at("source"))]
        self.restore("PROG", "cache", "restored after a further backup")
        if stock:
            self.restore("STOCK", "cache-stock", "restored by stock after a further backup")
        left = [name for name in os.listdir(self.at("cache/n")) if name.startswith(".resume")]
        if left:
            sys.exit("left in the archive folder: %s" % left)

    def manifest_volumes(self):
        names = [name for name in os.listdir(self.at("cache/n")) if name.endswith("manifest")]
        newest = max(names, key=lambda name: name.split(".")[-2])
        with open(os.path.join(self.at("cache/n"), newest), "rb") as manifest:
            return len(re.findall(rb"^Volume \d+:", manifest.read(), re.M))

    def restore(self, tool, cache, what):
        shutil.rmtree(self.at("restored"), ignore_errors=True)
        self.run(self.command(tool, "restore", self.url, self.at("restored"), cache=cache))
        check_mixture(self.generations, state(self.at("restored")), what)

    def was_killed(self, status):
        self.kills += status == -signal.SIGKILL
        return status == -signal.SIGKILL

    def at_each_call(self):
        number = 1
        while True:
            self.begin()
            status, _ = self.run(self.backup_command(), number)
            if not self.was_killed(status):
                return
            if not self.is_complete():
                self.something_happens()
                self.complete(True)
            self.judge()
            number += self.arguments.every

    def at_random_times(self):
        while self.kills < self.arguments.kills:
            self.begin()
            for _ in range(3):
                status = self.run_until_random_moment()
                if not self.was_killed(status) or self.is_complete():
                    break
                self.something_happens()
            else:
                self.complete(False)
            self.judge()


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=("calls", "times"))
    parser.add_argument("place")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stock", type=int, default=0)
    parser.add_argument("--concurrency", default="1")
    trial = Trial(os.path.abspath(sys.argv[2]), sys.argv[split + 1:], parser.parse_args(sys.argv[1:split]))
    {"calls": trial.at_each_call, "times": trial.at_random_times}[trial.arguments.how]()
    print("killed %d, completed %d, of these continued %d" % (trial.kills, trial.completions, trial.continued))


if __name__ == "__main__":
    main()
