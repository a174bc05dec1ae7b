#!/usr/bin/env python3
"""What programs select of a tree, by the cases of a table.

selection.py tree FOLDER                   makes FOLDER/source and FOLDER/lists, which the cases are about
selection.py record TABLE STOCK            writes into TABLE what STOCK does with each case
selection.py check TABLE PROGRAM [STEP]    compares what PROGRAM does with what TABLE says; STEP 7: only each 7th case

A case is a line of options as a shell would take them ("< FILE" at the end is standard input), followed by one with the status of the
elder tool and the paths it backs up, as "only PATH..." or "all but PATH...". A third line that begins with "ours" is what we do
otherwise, on purpose. "source WORD" is how the source is called in the cases that follow. All run in the folder of the tree.
"""
import os
import shlex
import stat
import subprocess
import sys

OLD = 1000000000  # 2001-09-09

FILES = """top top.bak .hidden a b/.hidden b/c b/c! b/c.d b/d/e/f b/d/e/g.txt b/d/h.TXT b/empty.d/ cache/.nobackup cache/x cache/deep/y
CAPS/File.TXT CAPS/lower/file.txt CAPS/ÜBER blank/in^name blank/^lead blank/two^^x brackets/[x] brackets/[a-b]c brackets/]y brackets/back\\slash
stars/* stars/** stars/a*b stars/?q text/one.txt text/two.TXT text/three.text text/sub/one.txt text/sub/deep/one.txt.bak
umlaut/ä.txt umlaut/öl/é quote/it's quote/say"so" plus+minus-/x old/new old/old1 old/deep/old2 #hash mount/inside mount/deep/er mount2/x
deep/1/2/3/4/5/bottom deep/1/2/x deep/1/x empty/ ignorecase:odd Z/z/Z"""

LISTS = {
    "plain": "source/b\n",
    "two": "source/b\nsource/text\n",
    "mixed": "+ source/b/d\n- source/b\n",
    "ordered": "- source/b/d/e\n+ source/b\n- **\n",
    "signs": "source/text/one.txt\n- source/text\n+ source/b/c\nsource/b\n",
    "comments": "# comment\n\n   \nsource/b   \n  source/text\n#source/deep\n",
    "quotes": "\"source/b\"\n'source/text'\n- \"source/deep\"\n+ 'source/CAPS/File.TXT'\n- **\n",
    "quoted blanks": "\"source/blank/ lead\"\n'source/quote/it's'\nsource/quote/say\"so\"\n",
    "unbalanced": "\"source/b\n",
    "empty quotes": "''\n\"\"\n\"\nsource/b\n",
    "inner sign": "\"- source/b\"\n",
    "globs": "**.txt\nsource/*/deep\nsource/[a-b]\n",
    "nul": "source/b\0- source/text/sub\0+ source/text\0",
    "nul lines": "# no\0 source/b \0\"source/text\"\0\n",
    "no match": "source/b\n/nowhere/x\n",
    "slashes": "source/b\nsource//text\n",
    "crlf": "source/b\r\nsource/text\r\n",
    "ignorecase": "ignorecase:**FILE.txt\n",
    "signs without blank": "+source/b\n",
    "two blanks": "-  source/b\n",
    "tab": "-\tsource/b\n",
    "empty": "",
    "only comments": "# nothing\n\n",
    "last includes": "- source/b\n+ source/text\n",
    "last excludes": "source/b/c\n- source/b\n",
    "folders": "source/top/\nsource/b/\n",
    "no newline": "source/b\nsource/text",
    "blank inside": "source/blank/in name\nsource/blank/two  x\n",
    "hash inside": "source/#hash\n",
    "utf-8": "source/umlaut/ä.txt\nsource/umlaut/öl\n",
    "many": "".join("source/deep/%d\n- source/none/%d\n" % (i, i) for i in range(2, 2000)) + "source/deep/1/2\nsource/b/d/e/f\n- source/b\n",
}


def make_tree(folder):
    os.chdir(folder)
    os.makedirs("lists")
    for name, text in LISTS.items():
        with open("lists/" + name, "w", encoding="utf-8", newline="") as out:
            out.write(text)
    for name in FILES.split():
        path = "source/" + name.replace("^", " ")
        os.makedirs(path if path.endswith("/") else os.path.dirname(path), exist_ok=True)
        if not path.endswith("/"):
            with open(path, "w", encoding="utf-8") as out:
                out.write(path)
    os.symlink("b/d", "source/link")
    os.symlink("nowhere", "source/text/dangling.txt")
    os.mkfifo("source/fifo")
    for name in "old/old1", "old/deep/old2", "top.bak", "old/deep":
        os.utime("source/" + name, (OLD, OLD))
    if os.geteuid() == 0:
        os.makedirs("source/devices")
        os.mknod("source/devices/zero", stat.S_IFCHR | 0o644, os.makedev(1, 5))
        os.mknod("source/devices/loop", stat.S_IFBLK | 0o644, os.makedev(7, 99))
        open("source/devices/file", "w", encoding="utf-8").close()


def can_mount():
    return os.geteuid() == 0 and subprocess.call(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL) == 0


def mount():
    """In a mount namespace of our own: puts another file system beneath source/mount, with the same names in it."""
    subprocess.check_call(["mount", "-t", "tmpfs", "none", "source/mount"])
    os.makedirs("source/mount/deep")
    for name in "inside", "deep/er":
        open("source/mount/" + name, "w", encoding="utf-8").close()


def select(program, source, options):
    """Status, the paths that are backed up, and all that is said."""
    if "<" in options:
        options, given = options[: options.index("<")], open(options[-1], "rb")
    else:
        options, given = options, subprocess.DEVNULL
    command = [program, "full", "--dry-run", "-v5", "--no-encryption", "--no-print-statistics", "--archive-dir", "../cache", *options, source]
    done = subprocess.run(command + ["file:///nowhere/at/all"], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    output = done.stdout.decode("utf-8", "replace")
    paths = [line[2:] for line in output.splitlines() if line.startswith("A ")]
    if os.path.basename(program) != "duplicity":  # ours tells backslashes apart from other odd bytes
        paths = [path.replace("\\x5c", "\\") for path in paths]
    return done.returncode, paths, output


def all_paths(source):
    found = ["."]
    for folder, folders, files in os.walk(source):
        found += [os.path.relpath(os.path.join(folder, name), source) for name in folders + files]
    return found


def describe(status, paths, everything):
    if status != 0:
        return str(status)
    left_out = sorted(set(everything) - set(paths))
    chosen, word = (paths, "only") if len(paths) <= len(left_out) else (left_out, "all but")
    return " ".join([str(status), word, *map(shlex.quote, sorted(chosen))])


def understand(answer, everything):
    """Status, and a set of paths."""
    status, _, rest = answer.partition(" ")
    if rest.startswith("only"):
        return int(status), set(shlex.split(rest[len("only") :]))
    return int(status), set(everything) - set(shlex.split(rest[len("all but") :])) if rest else set()


def read_table(path):
    """(kind, text) of each line: comment, source, case, answer, ours."""
    with open(path, encoding="utf-8") as table:
        for line in table.read().splitlines():
            if line.startswith("        "):
                line = line.strip()
                yield ("ours", line[len("ours ") :]) if line.startswith("ours ") else ("answer", line)
            elif not line or line.startswith("#"):
                yield "comment", line
            else:
                yield ("source", line[len("source ") :]) if line.startswith("source ") else ("case", line)


def record(table, stock):
    lines, source = [], "source"
    for kind, text in list(read_table(table)):
        if kind == "source":
            source = text
        if kind == "answer":
            continue
        lines.append({"source": "source %s", "ours": "        ours %s"}.get(kind, "%s") % text)
        if kind == "case":
            status, paths, _ = select(stock, source, shlex.split(text))
            lines.append("        " + describe(status, paths, all_paths(source)))
    with open(table, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def cases(table, is_stock):
    """(source, options, answer)"""
    source, found = "source", []
    for kind, text in read_table(table):
        if kind == "source":
            source = text
        elif kind == "case":
            found.append([source, text, None])
        elif kind == "answer" or (kind == "ours" and not is_stock):
            found[-1][2] = text
    return found


def check(table, program, step):
    is_stock = os.path.basename(program) == "duplicity"
    bad, chosen = 0, cases(table, is_stock)[::step]
    # where devices or another file system cannot be had, nothing is said about them
    unknown = () if os.path.exists("source/devices/zero") else ("devices",)
    unknown += () if os.path.ismount("source/mount") else ("mount",)

    def known(paths):
        return {path for path in paths if not set(path.split("/")[:2]) & set(unknown)}

    for source, text, answer in chosen:
        status, paths, output = select(program, source, shlex.split(text))
        wanted_status, wanted = understand(answer, all_paths(source))
        if status != wanted_status or known(paths) != known(wanted) or len(paths) != len(set(paths)):
            bad += 1
            print("%s of %s: status %d instead of %d" % (text, source, status, wanted_status))
            print("  missing: %s\n  too many: %s" % (sorted(known(wanted) - set(paths)), sorted(known(paths) - wanted)))
            print("  " + "\n  ".join(output.splitlines()[-3:]))
    print("%d cases, %d bad" % (len(chosen), bad))
    return 1 if bad else 0


def main():
    verb, *rest = sys.argv[1:]
    if verb == "tree":
        return make_tree(rest[0])
    if verb == "inside":  # of a mount namespace
        mount()
        verb, *rest = rest
    elif can_mount():
        os.execvp("unshare", ["unshare", "--mount", sys.executable, __file__, "inside", verb, *rest])
    if verb == "record":
        return record(*rest)
    return check(rest[0], rest[1], int(rest[2]) if len(rest) > 2 else 1)


if __name__ == "__main__":
    sys.exit(main())
