"""The same work by each tool: full, unchanged, incremental, everything restored; one file out of a chain of many volumes."""
import os
import subprocess
import sys
import time

import data
import measure
import report
import tools
from report import median, times
from settings import ROUNDS, SCALE, at, rounds_of

STEPS = ("full", "unchanged", "incremental", "restore")
ENGINE_CEILING, FAMILY_CEILING = 64, 128  # MiB
STORED_CEILING = 1.12  # of what stock needs after a full backup

# name: what it is, how it is made, what changes
DATA = {
    "mixed": ("real mixed files", data.fill_mixed, data.touch_some),
    "big": ("one big file", data.fill_big, data.scattered_edits),
    "small": ("small files", data.fill_small, data.touch_some),
}

# how many times as long as ours another tool has to take, at least
ALL, NO_PIPE = {"restic": 1, "borg": 1, "pipe": 1}, {"restic": 1, "borg": 1}
GOALS = {
    ("mixed", "full"): {"duplicity": 8, **ALL}, ("big", "full"): {"duplicity": 6, **ALL}, ("small", "full"): {"duplicity": 8, **NO_PIPE},
    ("small", "unchanged"): {"duplicity": 6, "restic": 6, "borg": 6},
    ("mixed", "incremental"): {"duplicity": 2, **NO_PIPE}, ("small", "incremental"): {"duplicity": 2, **NO_PIPE},
    ("big", "incremental"): {"duplicity": 2, **NO_PIPE},
    ("mixed", "restore"): {"duplicity": 2.5, **NO_PIPE}, ("big", "restore"): {"duplicity": 2.5, **NO_PIPE},
    ("small", "restore"): {"duplicity": 1, **NO_PIPE},
    ("one", "one file"): {"duplicity": 1, **NO_PIPE},
}


class Results:
    """What each tool took for each step."""

    def __init__(self, name):
        self.name, self.runs, self.stored = name, {}, {}

    def add(self, tool, step, run):
        self.runs.setdefault((tool, step), []).append(run)
        self.stored[tool, step] = measure.size_of(at("repository"))[0]

    def has(self, tool, step):
        return (tool, step) in self.runs

    def seconds(self, tool, step):
        return median(self.runs[tool, step], "seconds")

    def ratio(self, tool, step):
        return self.seconds(tool, step) / self.seconds("ours", step)

    def peak(self, tool, what):
        return max(median(runs, what) for (one, _), runs in self.runs.items() if one == tool)


def goal_text(goal):
    if not goal:
        return "none"
    parts = ["≥ %g× %s" % (least, tool.replace("duplicity", "stock")) for tool, least in goal.items() if least > 1]
    beaten = [tool.replace("duplicity", "stock") for tool, least in goal.items() if least == 1]
    return "; ".join(parts + (["faster than " + ", ".join(beaten)] if beaten else []))


def judge_step(results, step, goal):
    pairs = [(results.ratio(tool, step), least) for tool, least in goal.items() if results.has(tool, step)]
    return report.verdict(all(ratio >= least for ratio, least in pairs)) if pairs else ""


def row_of_step(results, step, peers):
    goal = GOALS.get((results.name, step), {})
    cells = [times(results.ratio(tool, step)) if results.has(tool, step) else "" for tool in peers]
    return [step, report.seconds(results.seconds("ours", step))] + cells + [goal_text(goal), judge_step(results, step, goal)]


def row_of_stored(results, peers):
    own = results.stored["ours", "full"]
    cells = [times(results.stored[tool, "full"] / own) for tool in peers]
    is_judged = "duplicity" in peers and results.name == "mixed"
    word = report.verdict(own <= STORED_CEILING * results.stored["duplicity", "full"]) if is_judged else ""
    return ["stored, full", report.megabytes(own)] + cells + ["≤ %g× stock" % STORED_CEILING if is_judged else "none", word]


def row_of_memory(results, peers, what, name, ceiling):
    peak = results.peak("ours", what)
    cells = [report.mebibytes(results.peak(tool, what)) for tool in peers]
    return [name, report.mebibytes(peak)] + cells + ["≤ %d MiB" % ceiling, report.verdict(peak <= ceiling)]


def print_goals(results, steps, present):
    peers = [tool for tool in present if tool != "ours" and any(results.has(tool, step) for step in steps)]
    rows = [row_of_step(results, step, peers) for step in steps]
    if results.has("ours", "full"):
        rows.append(row_of_stored(results, peers))
    rows.append(row_of_memory(results, peers, "peak", "memory, largest process", ENGINE_CEILING))
    rows.append(row_of_memory(results, peers, "family", "memory, with children", FAMILY_CEILING))
    report.table(["work", "ours"] + [tools.NAMES[tool] for tool in peers] + ["goal", ""], rows)


def print_details(results, steps, present):
    rows = []
    for step in steps:
        for tool in present:
            if not results.has(tool, step):
                continue
            runs = results.runs[tool, step]
            spread = "%.2f to %.2f" % (min(run.seconds for run in runs), max(run.seconds for run in runs))
            rows.append(["%s, %s" % (step, tools.NAMES[tool]), "%.2f" % median(runs, "seconds"), spread, "%.0f" % median(runs, "peak"),
                         "%.0f" % median(runs, "family"), "%.1f" % (results.stored[tool, step] / 1e6)])
    report.say()
    report.table(["step", "s", "from, to", "largest process MiB", "with children MiB", "stored MB"], rows)


def prepare(tool, commands):
    measure.remove("repository", "restored", "cache-" + tool)
    if "prepare" in commands:
        measure.call(commands["prepare"])
    else:
        os.makedirs(at("repository"))
    measure.warm(at("source"))


def check_fully():
    if subprocess.call(["diff", "-r", "--no-dereference", at("source"), at("restored")], stdout=subprocess.DEVNULL):
        sys.exit("bench: what was restored differs from the source")


def one_round(tool, results, edits, is_first):
    commands = tools.commands_of(tool)
    prepare(tool, commands)
    for step in STEPS:
        if step not in commands:
            continue
        if step == "incremental":
            edits.apply()
        measure.remove("restored")
        time.sleep(1.1)  # duplicity waits for the next second otherwise
        results.add(tool, step, measure.run(commands[step]))
        if step == "restore":
            check_fully() if is_first and tool == "ours" else data.check_restored(at("source"), measure.size_of)
    edits.undo()


def compare(name):
    text, fill, changes = DATA[name]
    present = tools.available()
    os.makedirs(at("source"))
    fill(at("source"))
    edits, results = changes(at("source")), Results(name)
    for number in range(ROUNDS):
        for tool in present:
            if number < rounds_of(tool):
                one_round(tool, results, edits, number == 0)
    report.heading("%s: %.0f MB in %d files" % ((text,) + (lambda size: (size[0] / 1e6, size[1]))(measure.size_of(at("source")))))
    print_goals(results, STEPS, present)
    print_details(results, STEPS, present)
    measure.remove("source", "repository", "restored")


def volume_option():
    """About twenty volumes of what the mixed files come to."""
    return ["--volsize", str(max(round(23 * SCALE), 1))]


def compare_one_file():
    """A chain of two sets."""
    present = [tool for tool in tools.available() if tool != "pipe"]
    results = Results("one")
    os.makedirs(at("source"))
    data.fill_mixed(at("source"))
    edits = data.touch_some(at("source"))
    paths = [os.path.relpath(path, at("source")) for path in data.files_of(at("source"))]
    path = paths[len(paths) // 2]
    volumes = 0
    for tool in present:
        commands = tools.commands_of(tool, volume_option())
        prepare(tool, commands)
        measure.run(commands["full"])
        edits.apply()
        time.sleep(1.1)
        measure.run(commands["incremental"])
        edits.undo()
        for _ in range(rounds_of(tool)):
            measure.remove("restored")
            results.add(tool, "one file", measure.run(commands["one file"](path)))
            if measure.size_of(at("restored"))[1] != 1:
                sys.exit("bench: %s has not restored one file" % tool)
        if tool == "ours":
            volumes = sum(".vol" in name for name in os.listdir(at("repository")))
    report.heading("one file (%s) out of a chain of %d volumes" % (path, volumes))
    print_goals(results, ["one file"], present)
    measure.remove("source", "repository", "restored")
