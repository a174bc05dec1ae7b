"""Runs a command and tells how long it took and how much memory it had, alone and with all that it started."""
import collections
import ctypes
import os
import shutil
import subprocess
import sys
import threading
import time

from settings import at

SAMPLE_SECONDS = 0.5
MANY_FILES = 5000
PR_SET_CHILD_SUBREAPER = 36

# seconds; seconds of processors outside the kernel; MiB of the largest process at its peak; MiB of all processes together, sampled, shared pages
# counted once
Run = collections.namedtuple("Run", "seconds user peak family")


def environment():
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL")}
    env.update(HOME=at("home"), GNUPGHOME=at("gnupg"), TMPDIR=at("tmp"), PASSPHRASE="bench", RESTIC_PASSWORD="bench", BORG_PASSPHRASE="bench",
               RESTIC_CACHE_DIR=at("cache-restic"), BORG_BASE_DIR=at("cache-borg"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
               BORG_RELOCATED_REPO_ACCESS_IS_OK="yes", AWS_ACCESS_KEY_ID="test:tester", AWS_SECRET_ACCESS_KEY="testing")
    return env


def adopt_orphans():
    """What a command leaves behind as a daemon becomes our child, and is counted."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid):
    found = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread)) as source:
                found += map(int, source.read().split())
    except OSError:
        pass
    return found


def family_of(pid):
    found = [pid]
    for one in found:
        found += children(one)
    return found


def proportional_size(pid):
    """KiB; a page that several processes share counts for each of them in part."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as source:
            return sum(int(line.split()[1]) for line in source if line.startswith("Pss:"))
    except OSError:
        return 0


class FamilyWatch(threading.Thread):
    """Adds up the memory of all our descendants that were not there before, again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.before = set(children(os.getpid()))
        self.peak, self.done = 0, threading.Event()

    def run(self):
        while not self.done.wait(SAMPLE_SECONDS):
            pids = [pid for child in children(os.getpid()) if child not in self.before for pid in family_of(child)]
            self.peak = max(self.peak, sum(map(proportional_size, pids)))

    def stop(self):
        self.done.set()
        self.join()
        return self.peak / 1024


def start_agent():
    """gpg's first message on a machine takes a second longer, until its agent runs and has measured how costly a key may be. That is nobody's work
    here: it is done before."""
    subprocess.check_call(["gpg", "--batch", "-q", "--pinentry-mode", "loopback", "--passphrase", "bench", "-o", "/dev/null", "--yes", "-c",
                           os.devnull], env=environment(), stderr=subprocess.DEVNULL)


def end_agents():
    subprocess.call(["gpgconf", "--kill", "all"], env=environment(), stderr=subprocess.DEVNULL)


def fail(command):
    with open(at("log"), errors="replace") as log:
        sys.exit("bench: failed: %s\n%s" % (" ".join(command), log.read()[-3000:]))


def run(command, output=None):
    """Ends the program when the command fails. Standard output goes to the file OUTPUT, else to the log."""
    os.sync()
    os.makedirs(at("restored"), exist_ok=True)
    watch = FamilyWatch()
    watch.start()
    with open(at("log"), "ab") as log, open(output or at("log"), "ab") as out:
        started = time.monotonic()
        # time(1) forks from next to nothing; a child of ours would begin with the memory of this program in its account
        status = subprocess.call(["time", "-q", "-o", at("peak"), "-f", "%U %M"] + command, env=environment(), stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=log, cwd=at("restored"))
        seconds = time.monotonic() - started
    family = watch.stop()
    if status:
        fail(command)
    with open(at("peak")) as source:
        user, peak = map(float, source.read().split())
    return Run(seconds, user, peak / 1024, max(peak / 1024, family))


def call(command):
    """What is not measured."""
    with open(at("log"), "ab") as log:
        if subprocess.call(command, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=at()):
            fail(command)


def size_of(folder):
    """Bytes and number of files."""
    total, count = 0, 0
    for where, _, files in os.walk(folder):
        for name in files:
            total += os.lstat(os.path.join(where, name)).st_size
            count += 1
    return total, count


def has_many_files(folder):
    return sum(len(files) for _, _, files in os.walk(folder)) > MANY_FILES


def remove(*names):
    """Trees of many files are set aside until purge: for minutes after they have been deleted, ext4 makes new files ten times as slowly, which would
    be the next tool's loss."""
    for name in names:
        if has_many_files(at(name)):
            os.makedirs(at("aside"), exist_ok=True)
            os.rename(at(name), at("aside", str(len(os.listdir(at("aside"))))))
        else:
            subprocess.call(["rm", "-rf", at(name)])


def purge():
    """To be called where few files will be made from then on."""
    subprocess.call(["rm", "-rf", at("aside")])


def warm(folder):
    """Reads everything once, so that no tool finds less in the machine's caches than another."""
    subprocess.call("find '%s' -type f -print0 | xargs -0 -r cat >/dev/null" % folder, shell=True)


def has(program):
    return shutil.which(program) is not None
