"""What was asked for, from the environment, and where things lie."""
import os

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROG = os.path.abspath(os.environ.get("PROG", os.path.join(ROOT, "bin", "charm-duplicity")))
MACHINE = os.environ.get("MACHINE", os.path.join(ROOT, "build", "release", "bench-machine"))
LINK = os.environ.get("LINK", os.path.join(ROOT, "build", "release", "bench-link"))
DIR = os.environ.get("BENCH_DIR", "/tmp/charm-duplicity-bench")
SCALE = float(os.environ.get("BENCH_SCALE", "1"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
STOCK_ROUNDS = int(os.environ.get("BENCH_STOCK_ROUNDS", "1"))
SETS = os.environ.get("BENCH_SETS", "limits,mixed,big,small,one,link,files,sizes,memory").split(",")
TOOLS = os.environ.get("BENCH_TOOLS", "ours,duplicity,restic,borg,pipe").split(",")
REPORT = os.environ.get("BENCH_REPORT")
PLOT = os.environ.get("BENCH_PLOT", os.path.join(ROOT, "build", "growth.svg"))


def at(*names):
    return os.path.join(DIR, *names)


def scaled(number, least=1):
    return max(int(number * SCALE), least)


def rounds_of(tool):
    return STOCK_ROUNDS if tool == "duplicity" else ROUNDS
