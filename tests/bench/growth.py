"""How time and memory grow with the number of files and with the size of one; listings, status and differences of the largest tree beside
stock's."""
import os
import shutil
import time

import compare
import data
import measure
import plot
import report
import tools
from settings import PLOT, ROUNDS, STOCK_ROUNDS, at, scaled

COUNTS = (10000, 100000, 1000000)  # files
SIZES = (1e9, 4e9, 16e9)  # bytes of one file
MOST_PER_UNIT = 1.3  # what the largest may cost, per file or byte, of what the one before cost
LEAST_SECONDS = 1  # below, it is the fixed costs that are seen
INSPECTION_GOAL = 5

curves = {}  # (what grows, "s" or "MiB"): step: points


def note(kind, size, runs):
    for step, run in runs.items():
        curves.setdefault((kind, "s"), {}).setdefault(step, []).append((size, run.seconds))
        curves.setdefault((kind, "MiB"), {}).setdefault(step, []).append((size, run.family))


def is_linear(points):
    (small, before), (large, after) = points[-2:]
    return before < LEAST_SECONDS or after / before <= MOST_PER_UNIT * large / small


def judge_memory(runs):
    return report.verdict(all(run.peak <= compare.ENGINE_CEILING and run.family <= compare.FAMILY_CEILING for run in runs.values()))


def print_growth(kind, unit, sizes, all_runs):
    report.heading("cost as the work grows: " + kind)
    rows = []
    for size, runs in zip(sizes, all_runs):
        for step, run in runs.items():
            rows.append(["%s, %g %s" % (step, size, unit), "%.2f" % run.seconds, "%.0f" % run.peak, "%.0f" % run.family])
        rows.append(["all of %g %s: ≤ 64 and 128 MiB" % (size, unit), "", "", judge_memory(runs)])
    report.table(["step", "s", "largest process MiB", "with children MiB"], rows)
    if len(sizes) > 1:
        report.say()
        report.table(["step", "cost of each, the last to the one before", "goal", ""],
                     [[step, "%.2f" % ((points[-1][1] / points[-1][0]) / (points[-2][1] / points[-2][0])), "≤ %g" % MOST_PER_UNIT,
                       report.verdict(is_linear(points))] for step, points in curves[kind, "s"].items()])


def draw():
    """After each set, so that a run that is broken off has its picture."""
    titles = {("files", "s"): "time, files of up to 2.5 KB", ("files", "MiB"): "memory with children", ("GB", "s"): "time, one file",
              ("GB", "MiB"): "memory with children"}
    panels = [plot.panel(title, key[0], "seconds" if key[1] == "s" else "MiB", curves[key]) for key, title in titles.items() if key in curves]
    os.makedirs(os.path.dirname(PLOT), exist_ok=True)
    plot.write(PLOT, panels)
    report.say("\nplot: %s" % os.path.relpath(PLOT))


def backups(edits, steps):
    """A full backup, one without changes and one after EDITS."""
    runs = {}
    for step in ("full", "unchanged", "incremental"):
        if step not in steps:
            continue
        if step == "incremental":
            edits.apply()
        time.sleep(1.1)
        runs[step] = measure.run(tools.duplicity_like("ours")[step])
    return runs


def inspections(tool):
    program, url = tools.program_of(tool), "file://" + at("repository")
    options = ["--archive-dir", at("cache-" + tool)]
    commands = {"list": [program, "list-current-files", url] + options, "status": [program, "collection-status", url] + options,
                "verify": [program, "verify", url, at("source")] + options}
    if tool == "ours":
        commands["diff"] = [program, "diff", url] + options
    return commands


def inspect(runs, count, with_stock):
    """Ours once for the curves, and for the ratios as often as stock."""
    results = compare.Results("inspections")
    if with_stock:  # its own copies of what is on the far side, which ours has had from the beginning
        measure.run(inspections("duplicity")["status"], os.devnull)
    for number in range(max(ROUNDS, STOCK_ROUNDS)):
        for tool in ("ours", "duplicity") if with_stock else ("ours",):
            if number < (ROUNDS if tool == "ours" else STOCK_ROUNDS):
                for step, command in inspections(tool).items():
                    results.add(tool, step, measure.run(command, os.devnull))
    for step in inspections("ours"):
        runs[step] = results.runs["ours", step][0]
    if with_stock:
        print_inspections(results, count)


def print_inspections(results, count):
    report.heading("list, status, diff of %d files (stock has no diff: its verify does that work)" % count)
    rows = []
    for step, peer in (("list", "list"), ("status", "status"), ("diff", "verify"), ("verify", "verify")):
        ratio = results.seconds("duplicity", peer) / results.seconds("ours", step)
        is_goal = step != "verify"
        rows.append([step, report.seconds(results.seconds("ours", step)), report.times(ratio), "≥ %g× stock" % INSPECTION_GOAL if is_goal else "none",
                     report.verdict(ratio >= INSPECTION_GOAL) if is_goal else ""])
    report.table(["work", "ours", "stock duplicity", "goal", ""], rows)


def restore_and_clear(runs):
    """Without the source, which would need as much room again."""
    expected = measure.size_of(at("source"))
    measure.remove("source", "restored")
    runs["restore"] = measure.run(tools.duplicity_like("ours")["restore"])
    if measure.size_of(at("restored")) != expected:
        raise SystemExit("bench: what was restored differs from the source")
    measure.remove("restored", "repository", "cache-ours", "cache-duplicity")


def begin():
    measure.remove("source", "repository", "restored", "cache-ours", "cache-duplicity")
    os.makedirs(at("source"))
    os.makedirs(at("repository"))


def grow_files():
    counts = [scaled(count) for count in COUNTS]
    all_runs = []
    for count in counts:
        begin()
        data.fill_small(at("source"), count)
        runs = backups(data.touch_some(at("source")), ("full", "unchanged", "incremental"))
        inspect(runs, count, count == counts[-1] and "duplicity" in tools.available())
        restore_and_clear(runs)
        note("files", count, runs)
        all_runs.append(runs)
    print_growth("files", "files", counts, all_runs)
    draw()


def has_room(size):
    """The file, what is stored of it, or the file again as it is restored."""
    return shutil.disk_usage(at()).free > 1.8 * size


def grow_sizes():
    sizes, all_runs = [], []
    measure.purge()
    for size in map(scaled, SIZES):
        if not has_room(size):
            report.say("\n%.0f GB left out: the disk has no room" % (size / 1e9))
            continue
        begin()
        data.machine("fill", at("source", "big"), size)
        runs = backups(None, ("full", "unchanged"))
        restore_and_clear(runs)
        sizes.append(size / 1e9)
        note("GB", size / 1e9, runs)
        all_runs.append(runs)
    print_growth("GB", "GB", sizes, all_runs)
    draw()
