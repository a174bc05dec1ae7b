#!/usr/bin/env python3
"""Judges what diff, find and list-current-files --long say, by trees that tree.py save has written down.

history.py diff BEFORE NOW OUTPUT             OUTPUT of diff --json tells exactly how tree NOW differs from BEFORE
history.py find OUTPUT TIME=TREE...           versions of find --json, replayed up to each TIME, make the paths of TREE
history.py long TREE OUTPUT                   OUTPUT of list-current-files --long describes TREE
history.py paths LIST TREE                    LIST of list-current-files, either program's, has the paths of TREE

Sizes may be upper bounds, as they are of files that stock has written: then they are less than a block too large.
"""
import json
import os
import re
import sys
import time

LARGEST_BLOCK = 2048


def load(path):
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def raw(path):
    return os.fsencode(path).decode("latin-1")


def fails(text, *values):
    sys.exit("%s: %s" % (text, ", ".join(map(repr, values))))


def right_size(said, entry):
    if entry["type"] != "file":
        return said["size"] is None and "size_at_most" not in said
    if said["size"] is not None:
        return said["size"] == entry["size"]
    return entry["size"] <= said["size_at_most"] < entry["size"] + LARGEST_BLOCK


TYPES = {"reg": "file", "dir": "folder", "sym": "link", "fifo": "fifo", "chr": "char", "blk": "block"}


def check_side(path, said, entry):
    if (said is None) != (entry is None):
        fails("there, or not there", path, said)
    if said is None:
        return
    if TYPES[said["type"]] != entry["type"] or not right_size(said, entry):
        fails("wrong type or size", path, said, entry)
    if entry["type"] == "link" and raw(said["target"]) != entry["target"]:
        fails("wrong target", path, said)
    if "mode" in entry and int(said["mode"], 8) != int(entry["mode"], 8):
        fails("wrong mode", path, said)
    if "time" in entry and said["modified"] != time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry["time"])):
        fails("wrong time", path, said)


def difference(before, now):
    """What kind of line there has to be; None: none, "?": none or one about attributes."""
    if before is None or now is None:
        return "added" if before is None else "removed"
    if any(before.get(key) != now.get(key) for key in ("type", "sha256", "target", "device")):
        return "changed"
    if before["type"] == "link":
        return None
    if any(before.get(key) != now.get(key) for key in ("mode", "uid", "gid", "time")):
        return "attributes"
    return "?" if before != now else None


def judge_diff(before_file, now_file, output):
    before, now, said = load(before_file), load(now_file), load(output)
    lines = {}
    for line in said["changes"]:
        path = raw(line["path"])
        if path in lines:
            fails("told twice", path)
        lines[path] = line
        check_side(path, line["before"], before.get(path))
        check_side(path, line["now"], now.get(path))
    for path in set(before) | set(now) | set(lines):
        wanted, found = difference(before.get(path), now.get(path)), lines.get(path, {}).get("change")
        if found != wanted and not (wanted == "?" and found in (None, "attributes")):
            fails("not %s but %s" % (wanted, found), path, before.get(path), now.get(path))
    order = [raw(line["path"]).replace(".", "", 1).split("/") if line["path"] == "." else raw(line["path"]).split("/")
             for line in said["changes"]]
    if order != sorted(order):
        fails("out of order", order[:5])
    for kind in ("added", "removed", "changed", "attributes"):
        if said[kind] != sum(line["change"] == kind for line in said["changes"]):
            fails("wrong count", kind)
    if not lines and before != now:
        fails("nothing is told")


def moment(text):
    return int(time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))) - time.timezone


def judge_find(output, *trees):
    versions = load(output)["versions"]
    for tree in trees:
        when, file = tree.split("=")
        there = {}
        for version in versions:
            path = raw(version["path"])
            if moment(version["time"]) > int(when):
                continue
            if (version["change"] == "added") == (path in there):
                fails("wrong kind", version)
            if version["change"] == "deleted":
                del there[path]
            else:
                there[path] = version
        entries = load(file)
        if set(there) != set(entries):
            fails("at %s other paths" % when, *sorted(set(there) ^ set(entries)))
        for path, version in there.items():
            if TYPES[version["type"]] != entries[path]["type"] or not right_size(version, entries[path]):
                fails("wrong version at %s" % when, version, entries[path])


def mode_text(entry):
    mode = int(entry["mode"], 8) if "mode" in entry else 0o777
    text = [letter if mode >> 8 - i & 1 else "-" for i, letter in enumerate("rwxrwxrwx")]
    for bit, place, letter in ((11, 2, "s"), (10, 5, "s"), (9, 8, "t")):
        if mode >> bit & 1:
            text[place] = letter if text[place] == "x" else letter.upper()
    return {"file": "-", "folder": "d", "link": "l", "fifo": "p", "char": "c", "block": "b"}[entry["type"]] + "".join(text)


def extent_text(entry):
    if "device" in entry:
        return "%d, %d" % tuple(entry["device"])
    return str(entry["size"]) if entry["type"] == "file" else "-"


def judge_long(file, output):
    with open(output, "rb") as source:
        lines = set(source.read().decode("latin-1").split("\n"))
    for path, entry in load(file).items():
        if "\n" in path or "\n" in entry.get("target", ""):
            continue
        when = time.asctime(time.localtime(entry["time"])) if "time" in entry else r"\S+ \S+ .. ........ \d+"
        target = " -> " + entry["target"] if entry["type"] == "link" else ""
        pattern = re.compile(r"%s \S+ +\S+ +(<=)?%s %s %s" % (re.escape(mode_text(entry)), re.escape(extent_text(entry)),
                                                           when, re.escape(path + target)))
        if not any(pattern.fullmatch(line) for line in lines if line.endswith(path + target)):
            fails("no line like", pattern.pattern)


def judge_paths(output, file):
    with open(output, "rb") as source:
        text = source.read().decode("latin-1")
    found = re.split(r"\n?^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d [\d:]{8} \d{4} ", text.rstrip("\n"), flags=re.M)[1:]
    if sorted(found) != sorted(load(file)):
        fails("other paths", *sorted(set(found) ^ set(load(file))))


if __name__ == "__main__":
    {"diff": judge_diff, "find": judge_find, "long": judge_long, "paths": judge_paths}[sys.argv[1]](*sys.argv[2:])
