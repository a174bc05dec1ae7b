#!/usr/bin/env python3
"""Runs a program and looks at it from outside.

watch.py secrets SECRET COMMAND...   with PASSPHRASE=SECRET and the like in the program's environment only; while it runs, no process shows SECRET in its
                                     arguments, and no process but the program itself in its environment
watch.py hidden SECRET COMMAND...    the same for a program that has it from elsewhere
watch.py memory LIMIT COMMAND...     its peak of resident memory, in KiB, is printed, and is at most LIMIT (0: any)
watch.py terminal COMMAND...         on a terminal of 100 columns; what it writes there is printed
watch.py answer TEXT COMMAND...      the same, and TEXT is typed whenever it asks for a passphrase
watch.py core COMMAND...             it is ended by SIGSEGV after 0.3 s; says whether it left a core
"""
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time


def processes(kind):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/%s" % (pid, kind), "rb") as source:
                yield int(pid), source.read()
        except OSError:
            pass


def secrets(secret, *command):
    names = ("PASSPHRASE", "SIGN_PASSPHRASE", "FTP_PASSWORD", "SSH_PASSPHRASE", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
             "AZURE_CONNECTION_STRING", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_ACCOUNT_KEY",
             "AZURE_STORAGE_SAS_TOKEN", "AZURE_SAS_TOKEN")
    return watch(secret, subprocess.Popen(command, env=dict(os.environ, **{name: secret for name in names})))


def hidden(secret, *command):
    """Secrets of real servers are those of other tests too: only what descends from the command is looked at."""
    mark = "WATCHED_BY=%d" % os.getpid()
    run = subprocess.Popen(["env", mark, *command])
    return watch(secret, run, lambda: {pid for pid, text in processes("environ") if mark.encode() in text})


def watch(secret, run, watched=None):
    needle, seen = secret.encode(), set()
    rounds = 0
    while run.poll() is None:
        rounds += 1
        pids = watched() if watched else None
        for pid, text in processes("cmdline"):
            if needle in text and pid != os.getpid() and (pids is None or pid in pids):
                seen.add("arguments of %s" % text.replace(b"\0", b" "))
        for pid, text in processes("environ"):
            if needle in text and pid not in (run.pid, os.getpid()) and (pids is None or pid in pids):
                seen.add("environment of process %d, not the program's own" % pid)
        time.sleep(0.002)
    for place in seen:
        print("the passphrase is in the", place)
    print("looked %d times" % rounds)
    return run.returncode or (1 if seen or not rounds else 0)


def memory(limit, *command):
    status = subprocess.call(command)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print("peak %d KiB" % peak)
    return status or (1 if int(limit) and peak > int(limit) else 0)


def terminal(answer, *command):
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    out, answered, deadline = b"", 0, time.time() + 120
    while time.time() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            try:
                block = os.read(master, 65536)
            except OSError:
                break
            if not block:
                break
            out += block
        asked = len(re.findall(rb"(?:pass(?:phrase|word)|again)[^\r\n]*: ", out, re.I))
        if answer is not None and asked > answered:
            time.sleep(0.2)
            os.write(master, answer.encode() + b"\n")
            answered = asked
    else:
        os.kill(pid, signal.SIGKILL)
    sys.stdout.buffer.write(out)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else os.waitpid(pid, 0)[1] >> 8


def core(*command):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    pid = os.fork()
    if pid == 0:
        os.execvp(command[0], command)
    time.sleep(0.3)
    os.kill(pid, signal.SIGSEGV)
    status = os.waitpid(pid, 0)[1]
    print("core" if os.WCOREDUMP(status) else "no core")
    return 0 if os.WIFSIGNALED(status) else 1


def main(command, *rest):
    if command == "terminal":
        return terminal(None, *rest)
    return {"secrets": secrets, "hidden": hidden, "memory": memory, "answer": terminal, "core": core}[command](*rest)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
