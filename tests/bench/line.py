"""Through a line of 20 MB/s and 40 ms there and back (tests/bench/link.c) to real servers: what share of the line is used."""
import os
import subprocess
import sys

import compare
import data
import measure
import report
import tools
from report import median
from settings import LINK, ROOT, ROUNDS, at, rounds_of, scaled

RATE, DELAY = 20e6, 20  # bytes a second; milliseconds, each way
SHARE_GOAL = 0.9
SIZE = 1.6e9
PLAIN_SIZE = 100 << 20
FAR = "10.77.0.2"
SUPPORT = os.path.join(ROOT, "tests", "support")
PLAIN = """
import socket, sys, time
size, is_server, is_sender = int(sys.argv[1]), sys.argv[2] == "server", sys.argv[3] == "send"
if is_server:
    listener = socket.create_server(("%s", 5000))
    print("ready", flush=True)
    end = listener.accept()[0]
else:
    end = socket.create_connection(("%s", 5000))
start, block = time.monotonic(), bytes(1 << 20)
if is_sender:
    for _ in range(size >> 20):
        end.sendall(block)
    end.shutdown(socket.SHUT_WR)
    end.recv(1)
else:
    while end.recv(1 << 20):
        pass
    end.sendall(b"x")
if not is_server:
    print((size >> 20 << 20) / (time.monotonic() - start))
""" % (FAR, FAR)


class Line:
    """The two namespaces; they are gone when the program behind them is."""

    def __enter__(self):
        self.link = subprocess.Popen([LINK, str(RATE), str(DELAY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
        self.ends = [self.link.stdout.readline().strip() for _ in range(2)]
        self.servers = []
        if not all(self.ends):
            sys.exit("bench: cannot make a line")
        return self

    def near(self, command):
        return ["nsenter", "--net=" + self.ends[0]] + command

    def far(self, command):
        return ["nsenter", "--net=" + self.ends[1]] + command

    def __exit__(self, *_):
        for server in self.servers:
            server.stdin.close()
            server.wait()
        self.link.stdin.close()
        self.link.wait()

    def serve(self, script):
        """A server for as long as its standard input is open; the line that it prints when it is ready. It stands for another machine: it does not
        wait for the processors of this one."""
        server = subprocess.Popen(self.far(["nice", "-n", "-10", "bash", "-euo", "pipefail", "-c", script + "\ncat >/dev/null"]), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, universal_newlines=True, cwd=SUPPORT)
        self.servers.append(server)
        return server.stdout.readline().strip()


def plain_rate(line, direction, size):
    """What one TCP connection carries."""
    answer = "send" if direction == "restore" else "receive"
    server = subprocess.Popen(line.far([sys.executable, "-c", PLAIN, str(size), "server", answer]), stdout=subprocess.PIPE)
    server.stdout.readline()
    own = "receive" if direction == "restore" else "send"
    rate = float(subprocess.check_output(line.near([sys.executable, "-c", PLAIN, str(size), "client", own])))
    server.wait()
    return rate


def serve_sftp(line):
    folder = at("sshd")
    port = line.serve(". ./servers.sh; server_sshd '%s' 'ListenAddress %s' 'Subsystem sftp internal-sftp' >&2; cat '%s/port'\ntrap 'server_stop \"%s\"' EXIT" %
                      (folder, FAR, folder, folder))
    with open(os.path.join(folder, "host_key.pub")) as key:
        known = "[%s]:%s %s\n" % (FAR, port, " ".join(key.read().split()[:2]))
    os.makedirs(at("home", ".ssh"), 0o700, exist_ok=True)
    with open(at("home", ".ssh", "known_hosts"), "w") as out:
        out.write(known)
    return lambda tool: ("sftp://root@%s:%s/%s" % (FAR, port, at("far", tool)), ["--ssh-options=-oIdentityFile=%s/id_ed25519" % folder])


def serve_s3(line):
    os.makedirs(at("swift"))
    server = line.serve(". ./servers-http.sh; SERVER_ADDRESS=0.0.0.0 server_s3 '%s' >&2; echo \"$S3_SERVER\"" % at("swift"))
    endpoint = "http://%s:%s" % (FAR, server.split(":")[-1])
    return lambda tool: ("boto3+s3://bucket/" + tool, ["--s3-endpoint-url", endpoint, "--s3-region-name", "test-region-1"])


def print_shares(results, present, size, plain):
    rows = []
    for kind in ("SFTP", "S3"):
        for direction, step in (("upload", "full"), ("restore", "restore")):
            name = "%s %s" % (kind, direction)
            share = size / results.seconds("ours", (kind, step)) / RATE
            peers = [report.times(results.ratio(tool, (kind, step))) if results.has(tool, (kind, step)) else "" for tool in present if tool != "ours"]
            rows.append([name, report.seconds(results.seconds("ours", (kind, step))), "%.0f %%" % (share * 100),
                         "%.0f %%" % (share * RATE / plain[direction] * 100)] + peers + ["≥ 90 %", report.verdict(share >= SHARE_GOAL),
                         report.mebibytes(median(results.runs["ours", (kind, step)], "peak")),
                         report.mebibytes(median(results.runs["ours", (kind, step)], "family"))])
    report.table(["work", "ours", "of the line", "of plain TCP"] + [tools.NAMES[tool] for tool in present if tool != "ours"] +
                 ["goal", "", "largest process", "with children"], rows)


def one_round(line, results, tool, kind, place):
    url, options = place(tool)
    commands = tools.duplicity_like(tool, url, options)
    measure.remove("cache-" + tool, "far", "restored")
    os.makedirs(at("far"))
    for step in ("full", "restore"):
        results.add(tool, (kind, step), measure.run(line.near(commands[step])))
    data.check_restored(at("source"), measure.size_of)


def reason_against():
    if os.geteuid() != 0:
        return "needs root"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    missing = [name for name in ("nsenter", "sshd", "swift-proxy-server", "memcached") if not measure.has(name)]
    return "needs " + ", ".join(missing) if missing else None


def print_line():
    size = scaled(SIZE, 8 << 20)
    report.heading("a line of %.0f MB/s and %d ms there and back: %.0f MB of noise" % (RATE / 1e6, 2 * DELAY, size / 1e6))
    if reason_against():
        report.say("left out: " + reason_against())
        return
    present = [tool for tool in tools.available() if tool in ("ours", "duplicity")]
    os.makedirs(at("source"))
    with open(at("source", "noise"), "wb") as out:
        for _ in range(size >> 20):
            out.write(os.urandom(1 << 20))
    size = os.path.getsize(at("source", "noise"))
    results = compare.Results("line")
    os.makedirs(at("repository"))
    with Line() as line:
        plain = {direction: plain_rate(line, direction, PLAIN_SIZE) for direction in ("upload", "restore")}
        report.say("one plain TCP connection: %.1f MB/s up, %.1f MB/s down\n" % (plain["upload"] / 1e6, plain["restore"] / 1e6))
        for kind, serve in (("SFTP", serve_sftp), ("S3", serve_s3)):
            place = serve(line)
            for number in range(ROUNDS):
                for tool in present:
                    if number < rounds_of(tool):
                        one_round(line, results, tool, kind, place)
    print_shares(results, present, size, plain)
    measure.remove("source", "far", "swift", "sshd", "repository", "restored", "cache-ours", "cache-duplicity")
