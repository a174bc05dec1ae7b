#!/usr/bin/env python3
"""Trees for the system tests: makes them, changes them, describes and compares them.

tree.py make DIR [extreme]     a tree with every kind of file; extreme adds what only charm-duplicity keeps
tree.py change DIR STEP        changes it; STEP 1 to 3
tree.py save DIR FILE          writes down what DIR holds
tree.py same A B [OPTION...]   compares two trees, or files written by save; says each difference; status 1 if any
tree.py singles A LIST B HOW [OPTION...]   B/N has to be like the N-th path of LIST (they end in NUL) below A; HOW: all, or some, may be there
tree.py small DIR COUNT        a tree of COUNT small files

Options of same: no-owner; stock-times (times stock duplicity cannot keep count as equal: it stores 0 for those before
1970); nanoseconds; no-root (the root's own times and modes are left out); times-of=files (folders' times are left out);
but=PATH (this one is left out).
"""
import hashlib
import json
import os
import random
import shutil
import stat
import sys

BASE_TIME = 1600000000


def noise(count, seed):
    return random.Random(seed).getrandbits(8 * count).to_bytes(count, "little") if count else b""


class Maker:
    """Makes entries below a root with fixed times, so that runs are repeatable."""

    def __init__(self, root, time):
        self.root = os.fsencode(root)
        self.time = time
        self.is_root = os.geteuid() == 0
        self.folders = {}

    def at(self, name):
        return os.path.join(self.root, name if isinstance(name, bytes) else os.fsencode(name))

    def stamp(self, name, time=None, nanoseconds=0):
        time = self.time if time is None else time
        os.utime(self.at(name), ns=(time * 10**9 + nanoseconds,) * 2, follow_symlinks=False)

    def file(self, name, content=b"", mode=0o644, time=None, nanoseconds=0, owner=None):
        path = self.at(name)
        with open(path, "wb") as out:
            out.write(content)
        if owner and self.is_root:
            os.chown(path, *owner)
        os.chmod(path, mode)
        self.stamp(name, time, nanoseconds)

    def folder(self, name, mode=0o755, time=None, owner=None):
        path = self.at(name)
        os.makedirs(path, exist_ok=True)
        if owner and self.is_root:
            os.chown(path, *owner)
        os.chmod(path, mode)
        self.folders[path] = self.time if time is None else time

    def link(self, name, target):
        os.symlink(target, self.at(name))

    def fifo(self, name, mode=0o600):
        os.mkfifo(self.at(name))
        os.chmod(self.at(name), mode)
        self.stamp(name)

    def device(self, name, kind, major, minor):
        if not self.is_root:
            return
        try:
            os.mknod(self.at(name), kind | 0o640, os.makedev(major, minor))
        except PermissionError:  # containers often may not
            return
        os.chmod(self.at(name), 0o640)
        self.stamp(name)

    def finish(self):
        """Folders' times last, deepest first: making entries has changed them."""
        for path in sorted(self.folders, reverse=True):
            os.utime(path, (self.folders[path],) * 2)
        os.utime(self.root, (self.time,) * 2)


def make(root, extreme=False):
    os.makedirs(root, exist_ok=True)
    m = Maker(root, BASE_TIME)

    m.folder("content")
    for size in (0, 1, 511, 512, 513, 65535, 65536, 65537, 131072, 300004):
        m.file("content/size-%d" % size, noise(size, size))
    m.file("content/text", b"the same line again and again\n" * 40000)
    m.file("content/zeros", bytes(200000))
    m.file("content/spans-volumes", noise(3500000, 1))
    m.file("content/edited", noise(700000, 2))

    m.folder("modes", 0o750)
    for mode in (0o000, 0o400, 0o600, 0o644, 0o755, 0o777, 0o4755, 0o2755, 0o1644):
        if mode == 0 and not m.is_root:
            continue  # nobody else could read it
        m.file("modes/%04o" % mode, b"%o" % mode, mode)
    for mode in (0o700, 0o2775, 0o1777, 0o500):
        m.folder("modes/folder-%04o" % mode, mode, BASE_TIME - 5000)
    m.folder("owners", owner=(3000000, 2500000))
    m.file("owners/big", b"big", owner=(3000000, 2500000))
    m.file("owners/nobody", b"nobody", owner=(65534, 65534))

    m.folder("links")
    m.link("links/dangling", "nowhere/at/all")
    m.link("links/to-folder", "../content")
    m.link("links/to-file", "../content/text")
    m.link("links/absolute", "/etc/passwd")
    m.link("links/long", "x/" * 500 + "end")
    m.link("links/not-utf8", b"\xff\xfe target")
    m.link("links/with space and 'quote'", "a b")
    m.file("links/hard-1", b"one content, two names")
    os.link(m.at("links/hard-1"), m.at("links/hard-2"))

    m.folder("special")
    m.fifo("special/fifo")
    m.device("special/null", stat.S_IFCHR, 1, 3)
    m.device("special/wide", stat.S_IFCHR, 259, 70000)
    m.device("special/disk", stat.S_IFBLK, 7, 200)

    m.folder("names")
    for name in (b"new\nline", b'double"quote', b"single'quote", b"back\\slash", b"trailing ", b" leading", b"tab\t",
                 b"\x01control", b"invalid\xff\xfeutf8", "h\u00e9llo-\u00fcn\u00ef".encode(), b"-rf", b"%41percent",
                 b"*star?[a]", b"n" * 100, b"o" * 101, b"p" * 255, b"\xc3\xa9" * 120, b"...", b"..two", b"~", b"#",
                 b"carriage\rreturn", b"form\x0cfeed", b"vertical\x0btab"):
        m.file(b"names/" + name, b"content of " + name)
    m.folder(b"names/folder with \n and \xff", 0o755)
    m.file(b"names/folder with \n and \xff/inside", b"inside")
    long_folder = b"names/" + b"/".join([b"d" * 90] * 6)
    m.folder(long_folder)
    m.file(long_folder + b"/far below", b"far below")
    m.folder("names/5")
    m.file("names/5/6", b"digits look like chunk numbers")
    m.folder("snapshot")
    m.file("snapshot/deleted", b"names of the format itself")

    m.folder("order/a", 0o755)
    for name in ("a/x", "a!", "a-b", "a.b", "a0", "a "):
        m.file("order/" + name, name.encode())

    m.folder("empty-folder")
    m.folder("tree/one/two/three")
    for path in ("tree/1", "tree/one/2", "tree/one/two/3", "tree/one/two/three/4"):
        m.file(path, path.encode() * 50)

    m.folder("types")
    m.file("types/file-to-folder", b"file now")
    m.file("types/file-to-link", b"file now")
    m.folder("types/folder-to-file")
    m.file("types/folder-to-file/inside", b"goes")
    m.folder("types/folder-to-file/deep")
    m.file("types/folder-to-file/deep/inside", b"goes too")
    m.link("types/link-to-file", "old target")
    m.link("types/link-moves", "old target")
    m.fifo("types/fifo-to-file")
    m.file("types/file0", b"sorts between file and file/inside")

    m.folder("times")
    m.file("times/epoch", b"0", time=0)
    m.file("times/2038", b"2038", time=2**31 + 5)
    m.file("times/after-2242", b"2250", time=8835955200)
    m.file("times/fraction", b"fraction", time=BASE_TIME, nanoseconds=987654321)
    if extreme:
        m.file("times/before-1970", b"1960", time=-315619200)
        m.file("times/before-1970-fraction", b"1960", time=-315619200, nanoseconds=500000000)
        make_beyond_path_max(m)
    m.finish()


def make_beyond_path_max(m):
    """A file so deep that no absolute path can name it."""
    m.folder("deep")
    here = os.open(m.at("deep"), os.O_RDONLY)
    for _ in range(24):
        os.mkdir(b"e" * 250, dir_fd=here)
        there = os.open(b"e" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    with os.fdopen(os.open("bottom", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here), "wb") as out:
        out.write(b"content at the bottom")
    os.utime("bottom", (m.time, m.time), dir_fd=here)
    os.close(here)


def patch(m, name, offset, content):
    with open(m.at(name), "r+b") as out:
        out.seek(offset)
        out.write(content)
    m.stamp(name)


def remove(m, name):
    path = m.at(name)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def change_1(m):
    patch(m, "content/edited", 200000, b"an edit in the middle")
    patch(m, "content/spans-volumes", 3000000, noise(50000, 7))
    m.file("content/size-0", b"grown\n")
    m.file("content/size-300004", b"")
    m.file("content/size-65536", noise(65537, 65537))
    m.file("content/size-131072", noise(65535, 9))
    m.file("content/new-file", noise(100000, 10))
    m.file("content/text", b"inserted in front\n" + b"the same line again and again\n" * 40000)
    remove(m, "content/size-511")
    remove(m, "content/zeros")
    remove(m, "tree/one")
    os.chmod(m.at("modes/0644"), 0o604)
    os.chmod(m.at("modes/folder-0700"), 0o701)
    m.stamp("modes/0755")
    if m.is_root:
        os.chown(m.at("modes/0600"), 1234, 5678)
    remove(m, "types/file-to-folder")
    m.folder("types/file-to-folder")
    m.file("types/file-to-folder/inside", b"new")
    remove(m, "types/folder-to-file")
    m.file("types/folder-to-file", b"file now")
    remove(m, "types/file-to-link")
    m.link("types/file-to-link", "a target")
    remove(m, "types/link-to-file")
    m.file("types/link-to-file", b"no longer a link")
    remove(m, "types/link-moves")
    m.link("types/link-moves", "new target")
    remove(m, "types/fifo-to-file")
    m.file("types/fifo-to-file", b"no longer a fifo")
    m.folder("empty-folder", time=m.time + 77)
    m.file(b"names/new\nline", b"changed")
    m.file(b"names/invalid\xff\xfeutf8", b"changed")
    remove(m, b"names/trailing ")
    m.folder("fresh/sub")
    m.file("fresh/sub/file", b"fresh")


def change_2(m):
    patch(m, "content/edited", 0, b"an edit at the start")
    patch(m, "content/edited", 700000, noise(1000, 11))
    m.file("content/size-0", b"")
    m.file("content/size-300004", noise(300004, 300004))
    m.file("content/zeros", bytes(100000))
    m.folder("tree/one/two")
    m.file("tree/one/two/3", b"back again")
    remove(m, "types/file-to-folder")
    m.file("types/file-to-folder", b"file again")
    remove(m, "types/folder-to-file")
    m.folder("types/folder-to-file/deep")
    m.file("types/folder-to-file/deep/inside", b"back")
    remove(m, "types/file-to-link")
    m.file("types/file-to-link", b"file again")
    remove(m, "fresh")
    remove(m, "content/new-file")
    os.chmod(m.at("modes/0644"), 0o644)
    remove(m, "snapshot")


def change_3(m):
    patch(m, "content/edited", 350000, noise(70000, 12))
    m.file("content/spans-volumes", noise(1200000, 13))
    m.file("content/size-1", b"22")
    remove(m, "names/5")
    m.folder("snapshot")
    m.file("snapshot/deleted", b"again")
    m.link("fresh", "content")


def change(root, step):
    m = Maker(root, BASE_TIME + 1000 * step)
    {1: change_1, 2: change_2, 3: change_3}[step](m)
    m.folders = {path: time for path, time in m.folders.items() if os.path.isdir(path)}
    m.finish()


def small(root, count):
    for index in range(count):
        folder = os.path.join(root, "%02d" % (index // 1000 % 100), "%03d" % (index // 100 % 1000))
        if index % 100 == 0:
            os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "file-%d" % index), "wb") as out:
            out.write(b"small file %d\n" % index * (1 + index % 40))


def content_hash(name, folder):
    digest = hashlib.sha256()
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    with os.fdopen(fd, "rb") as source:
        for block in iter(lambda: source.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def describe(name, folder):
    info = os.stat(name, dir_fd=folder, follow_symlinks=False)
    kind = stat.S_IFMT(info.st_mode)
    entry = {"type": {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
                      stat.S_IFCHR: "char", stat.S_IFBLK: "block"}.get(kind, "socket"),
             "uid": info.st_uid, "gid": info.st_gid}
    if kind == stat.S_IFLNK:
        entry["target"] = os.fsencode(os.readlink(name, dir_fd=folder)).decode("latin-1")
        return entry
    entry["mode"] = oct(stat.S_IMODE(info.st_mode))
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        entry["device"] = [os.major(info.st_rdev), os.minor(info.st_rdev)]
        return entry
    entry["time"] = info.st_mtime_ns // 10**9
    entry["nanoseconds"] = info.st_mtime_ns % 10**9
    if kind == stat.S_IFREG:
        entry["size"] = info.st_size
        entry["sha256"] = content_hash(name, folder)
    return entry


def walk(name, folder, path, entries):
    entry = describe(name, folder)
    if entry["type"] == "socket":
        return
    entries[path.decode("latin-1") or "."] = entry
    if entry["type"] != "folder":
        return
    here = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        for child in os.listdir(here):
            child = os.fsencode(child)
            walk(child, here, path + b"/" + child if path else child, entries)
    finally:
        os.close(here)


def load(place):
    if not os.path.islink(place) and os.path.isfile(place) and place.endswith(".tree"):
        with open(place) as source:
            return json.load(source)
    entries = {}
    walk(os.fsencode(place), None, b"", entries)
    return entries


def normal(entry, options):
    entry = dict(entry)
    if "no-owner" in options:
        entry.pop("uid"), entry.pop("gid")
    if "stock-times" in options and entry.get("time", 1) <= 0:
        entry["time"] = 0
    if "nanoseconds" not in options or entry["type"] != "file":
        entry.pop("nanoseconds", None)
    if "times-of=files" in options and entry["type"] == "folder":
        entry.pop("time", None)
    return entry


def same(a, b, options):
    a, b = load(a), load(b)
    if "no-root" in options:
        a.pop(".", None), b.pop(".", None)
    for option in options:
        if option.startswith("but="):
            a.pop(option[4:], None), b.pop(option[4:], None)
    differences = 0
    for path in sorted(set(a) | set(b)):
        if path not in a or path not in b:
            print("only in the %s: %r" % ("second" if path in b else "first", path))
            differences += 1
            continue
        first, second = normal(a[path], options), normal(b[path], options)
        if first != second:
            keys = [key for key in sorted(set(first) | set(second)) if first.get(key) != second.get(key)]
            print("%r: %s" % (path, ", ".join("%s %s / %s" % (k, first.get(k), second.get(k)) for k in keys)))
            differences += 1
    return 1 if differences else 0


def singles(a, paths, b, how, options):
    with open(paths, "rb") as source:
        names = source.read().split(b"\0")[:-1]
    compared = differences = 0
    for number, name in enumerate(names, 1):
        single = os.path.join(b, str(number))
        if how == "some" and not os.path.lexists(single):
            continue
        compared += 1
        if same(os.path.join(a, os.fsdecode(name)), single, options):
            print("that is", name)
            differences += 1
    return 1 if differences or not compared else 0


def main(arguments):
    command, place, rest = arguments[0], arguments[1], arguments[2:]
    sys.setrecursionlimit(10000)
    if command == "make":
        make(place, "extreme" in rest)
    elif command == "change":
        change(place, int(rest[0]))
    elif command == "small":
        small(place, int(rest[0]))
    elif command == "save":
        with open(rest[0], "w") as out:
            json.dump(load(place), out)
    elif command == "same":
        return same(place, rest[0], rest[1:])
    elif command == "singles":
        return singles(place, *rest[:3], rest[3:])
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
