"""How time and memory grow with the number of files and with the size of one; listings, status and differences of the largest tree beside
stock's."""
import os
import shutil
import statistics
import time

import compare
import data
import measure
import plot
import report
import tools
from settings import MACHINE, PLOT, ROUNDS, STOCK_ROUNDS, at, scaled

COUNTS = (10000, 100000, 1000000)  # files
SIZES = (1e9, 4e9, 16e9)  # bytes of one file
MOST_PER_UNIT = 1.3  # what the largest may cost, per file or byte, of what the one before cost
LEAST_SECONDS = 1  # below, it is the fixed costs that are seen
INSPECTION_GOAL = 5
ALONE = "written alone"  # the same files, or bytes, by a program that does nothing else
LOOKED = "looked at alone"  # one lstat of each file
MOST_LOOKS = 2.5  # what each file may cost a run without changes, of that
WRITING = ("full", "restore")  # what may grow as that does: past some size, memory for more pages and the disk cost more

curves = {}  # (what grows, "s", "user" or "MiB"): step: points


def note(kind, size, runs):
    for step, run in runs.items():
        curves.setdefault((kind, "s"), {}).setdefault(step, []).append((size, run.seconds))
        curves.setdefault((kind, "user"), {}).setdefault(step, []).append((size, run.user))
        curves.setdefault((kind, "MiB"), {}).setdefault(step, []).append((size, run.family))


def growth_of(kind, what, step):
    """What the largest costs, per file or byte, of what the one before cost."""
    (small, before), (large, after) = curves[kind, what][step][-2:]
    return (after / large) / (before / small) if before else 0


def is_too_short(kind, step):
    return curves[kind, "s"][step][-2][1] < LEAST_SECONDS


def allowed_growth(kind, step):
    return MOST_PER_UNIT * (max(growth_of(kind, "s", ALONE), 1) if step in WRITING else 1)


def is_linear(kind, step):
    """What the program itself computes is linear whatever the machine does."""
    if is_too_short(kind, step):
        return True
    return growth_of(kind, "s", step) <= allowed_growth(kind, step) and growth_of(kind, "user", step) <= MOST_PER_UNIT


def row_of_growth(kind, step):
    cells = [step, "%.2f" % growth_of(kind, "s", step), "%.2f" % growth_of(kind, "user", step)]
    if step in (ALONE, LOOKED):
        return cells + ["none", ""]
    return cells + ["≤ %.2f, %.2f" % (allowed_growth(kind, step), MOST_PER_UNIT), report.verdict(is_linear(kind, step))]


def judge_memory(runs):
    return report.verdict(all(run.peak <= compare.ENGINE_CEILING and run.family <= compare.FAMILY_CEILING
                              for step, run in runs.items() if step not in (ALONE, LOOKED)))


def print_growth(kind, unit, sizes, all_runs):
    report.heading("cost as the work grows: " + kind)
    rows = []
    for size, runs in zip(sizes, all_runs):
        for step, run in runs.items():
            rows.append(["%s, %g %s" % (step, size, unit), "%.2f" % run.seconds, "%.2f" % run.user, "%.0f" % run.peak, "%.0f" % run.family])
        rows.append(["all of %g %s: ≤ 64 and 128 MiB" % (size, unit), "", "", "", judge_memory(runs)])
    report.table(["step", "s", "outside the kernel s", "largest process MiB", "with children MiB"], rows)
    if len(sizes) > 1:
        report.say("\nCost of each, the last to the one before; what writes may grow as writing alone does.\n")
        report.table(["step", "elapsed", "outside the kernel", "goal", ""], [row_of_growth(kind, step) for step in curves[kind, "s"]])


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


def restore(runs, expected):
    measure.remove("restored")
    runs["restore"] = measure.run(tools.duplicity_like("ours")["restore"])
    if measure.size_of(at("restored")) != expected:
        raise SystemExit("bench: what was restored differs from the source")
    measure.remove("restored")


def begin():
    measure.remove("source")
    os.makedirs(at("source"))


def begin_repository():
    measure.remove("repository", "cache-ours", "cache-duplicity")
    os.makedirs(at("repository"))


def cost_of_more(step):
    """Seconds for each file that the largest tree has more than the one before."""
    (small, before), (large, after) = curves["files", "s"][step][-2:]
    return (after - before) / (large - small)


def print_looks():
    looking = cost_of_more(LOOKED)
    if looking <= 0:
        report.say("\nThe trees are too small to tell what one lstat costs.")
        return
    ratio = cost_of_more("unchanged") / looking
    report.say("\nWithout changes, each further file costs %s what one lstat of it does: goal ≤ %g×, %s" % (
        report.times(ratio), MOST_LOOKS, report.verdict(ratio <= MOST_LOOKS)))


def grow_files():
    counts = [scaled(count) for count in COUNTS]
    all_runs = []
    for count in counts:
        begin()
        begin_repository()
        runs = {ALONE: measure.run([MACHINE] + data.small_files(at("source"), count)),
                LOOKED: measure.run(["find", at("source"), "-newermt", "2100-01-01"])}
        runs.update(backups(data.touch_some(at("source")), ("full", "unchanged", "incremental")))
        inspect(runs, count, count == counts[-1] and "duplicity" in tools.available())
        expected = measure.size_of(at("source"))
        measure.remove("source")  # a second tree would crowd the kernel's memory of names
        restore(runs, expected)
        note("files", count, runs)
        all_runs.append(runs)
    print_growth("files", "files", counts, all_runs)
    print_looks()
    measure.remove("repository", "cache-ours", "cache-duplicity")
    draw()


def has_room(size):
    """The file, what is stored of it, and a copy."""
    return shutil.disk_usage(at()).free > 2.8 * size


def copy_alone():
    run = measure.run(["cp", "--reflink=never", at("source", "big"), at("copy")])
    measure.remove("copy")
    return run


def round_of_size():
    begin_repository()
    measure.warm(at("source"))  # as the first round finds it
    runs = backups(None, ("full", "unchanged"))
    runs[ALONE] = copy_alone()
    restore(runs, measure.size_of(at("source")))
    return runs


def medians_of(rounds):
    return {step: measure.Run(*map(statistics.median, zip(*(runs[step] for runs in rounds)))) for step in rounds[0]}


def grow_sizes():
    sizes, all_runs = [], []
    measure.purge()
    for size in map(scaled, SIZES):
        if not has_room(size):
            report.say("\n%.0f GB left out: the disk has no room" % (size / 1e9))
            continue
        begin()
        data.machine("fill", at("source", "big"), size)
        runs = medians_of([round_of_size() for _ in range(ROUNDS)])
        sizes.append(size / 1e9)
        note("GB", size / 1e9, runs)
        all_runs.append(runs)
    print_growth("GB", "GB", sizes, all_runs)
    measure.remove("source", "repository", "cache-ours")
    draw()
