"""Tables, printed as they come and kept as Markdown; goals, met and missed."""
import statistics

from settings import REPORT

verdicts = {"pass": 0, "MISS": 0}


def say(text=""):
    print(text, flush=True)
    if REPORT:
        with open(REPORT, "a") as out:
            out.write(text + "\n")


def heading(text):
    say("\n### " + text + "\n")


def table(head, rows):
    """The first column is text, the others are numbers; all of them given as text."""
    rows = [head] + rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]

    def line(row):
        return "| " + " | ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths))) + " |"
    say(line(head))
    say("|" + "|".join("-" * (width + 1) + (":" if column else "-") for column, width in enumerate(widths)) + "|")
    for row in rows[1:]:
        say(line(row))


def verdict(is_met):
    word = "pass" if is_met else "MISS"
    verdicts[word] += 1
    return word


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def seconds(value):
    return "%.2f s" % value if value < 100 else "%.0f s" % value


def times(value):
    return "%.2f×" % value if value < 10 else "%.1f×" % value


def mebibytes(value):
    return "%.0f MiB" % value


def megabytes(value):
    return "%.1f MB" % (value / 1e6)
