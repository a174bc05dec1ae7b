#!/usr/bin/env python3
"""Alters and builds unencrypted repositories for the system tests. After each change the manifests' hashes are made right
again, so that what is tested is not the hash.

archive.py gnu DIR                 all tars in the GNU dialect
archive.py multi-member DIR        all .gz files as several gzip members
archive.py garbage DIR             bytes after the end of each .gz volume and zeros after that of each signature archive
archive.py duplicate-blocks DIR    manifests as resumed backups leave them
archive.py short DIR | old DIR     short names; old names, with local times of UTC-5
archive.py drop DIR PATTERN        members whose names match the regular expression are left out
archive.py cut DIR PATTERN         their payload is cut to half of it
archive.py spoil DIR PATTERN       their header's checksum becomes wrong
archive.py scramble DIR PATTERN    one byte in the middle of their payload is changed
archive.py shorten FILE            the file loses its second half (hash not mended)
archive.py flip FILE               one byte in the middle is changed (hash not mended)
archive.py rehash DIR              only mends the hashes
archive.py members FILE            lists the names of a tar's members
archive.py hostile DIR CASE        builds a full set that tries to write outside of its target
"""
import gzip
import hashlib
import io
import os
import re
import sys
import tarfile
import time

TIME = "20231114T221320Z"


def files(folder, *kinds):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)
                  if name.startswith("duplicity-") and any("." + kind in name for kind in kinds))


def read(path):
    with open(path, "rb") as source:
        content = source.read()
    return gzip.decompress(content) if path.endswith(".gz") else content


def write(path, content):
    with open(path, "wb") as out:
        out.write(gzip.compress(content, 6, mtime=0) if path.endswith(".gz") else content)


def members(content):
    """Pairs of a TarInfo and its payload."""
    with tarfile.open(fileobj=io.BytesIO(content), encoding="utf-8", errors="surrogateescape", ignore_zeros=False) as tar:
        return [(member, tar.extractfile(member).read() if member.isreg() else b"") for member in tar]


def padded(payload):
    return payload + bytes(-len(payload) % 512)


def pack(pairs, dialect, end):
    out = b"".join(member.tobuf(dialect, "utf-8", "surrogateescape") + padded(payload) for member, payload in pairs)
    return out + bytes(1024 + -(len(out) + 1024) % 10240) if end else out


def repack(path, alter, dialect=tarfile.PAX_FORMAT):
    content = read(path)
    if content:
        write(path, pack(alter(members(content)), dialect, ".sigtar" in path))


def rehash(folder):
    for manifest in files(folder, "manifest"):
        prefix = manifest[:-len("manifest")]
        number, out = None, []
        with open(manifest, "rb") as source:
            lines = source.read().split(b"\n")
        for line in lines:
            found = re.match(rb"Volume (\d+):", line)
            number = int(found.group(1)) if found else number
            if line.startswith(b"    Hash SHA1 "):
                volumes = [v for v in files(folder, "difftar") if v.startswith("%svol%d.difftar" % (prefix, number))]
                if volumes:
                    with open(volumes[0], "rb") as source:
                        line = b"    Hash SHA1 " + hashlib.sha1(source.read()).hexdigest().encode()
            out.append(line)
        with open(manifest, "wb") as target:
            target.write(b"\n".join(out))


def selected(folder, pattern, alter_one):
    """Runs ALTER_ONE(member, payload) → list of pairs on members that match; fails if none does."""
    wanted, hits = re.compile(os.fsencode(pattern)), 0
    for path in files(folder, "difftar"):
        def alter(pairs):
            nonlocal hits
            result = []
            for pair in pairs:
                matches = wanted.search(os.fsencode(pair[0].name)) is not None
                hits += matches
                result += alter_one(*pair) if matches else [pair]
            return result
        before = hits
        content = read(path)
        altered = alter(members(content))
        if hits > before:
            write(path, pack(altered, tarfile.PAX_FORMAT, False))
    if not hits:
        sys.exit("no member matches " + pattern)


def cut(member, payload):
    member.size = len(payload) // 2
    return [(member, payload[:member.size])]


def scramble(member, payload):
    middle = len(payload) // 2
    return [(member, payload[:middle] + bytes([payload[middle] ^ 255]) + payload[middle + 1:])]


def spoil(folder, pattern):
    """Works on the bytes, since tarfile would mend the checksum."""
    wanted = re.compile(os.fsencode(pattern))
    for path in files(folder, "difftar"):
        content = bytearray(read(path))
        with tarfile.open(fileobj=io.BytesIO(content), encoding="utf-8", errors="surrogateescape") as tar:
            hits = [m.offset_data - 512 for m in tar if wanted.search(os.fsencode(m.name))]
        for offset in hits:
            content[offset + 148] = content[offset + 148] ^ 1
        if hits:
            write(path, bytes(content))
            return
    sys.exit("no member matches " + pattern)


def multi_member(path):
    content, step = read(path), 100000
    with open(path, "wb") as out:
        for start in range(0, max(len(content), 1), step):
            out.write(gzip.compress(content[start:start + step]))
        out.write(gzip.compress(b""))


def garbage(path):
    content = read(path)
    if ".sigtar" in path:
        write(path, content + bytes(5 * 10240))
        return
    with open(path, "ab") as out:
        out.write(b"\0" * 3000)


def duplicate_blocks(path):
    with open(path, "rb") as source:
        text = source.read()
    head, *blocks = re.split(rb"(?=^Volume )", text, flags=re.M)
    last, rest = re.match(rb"(Volume \d+:\n(?: .*\n)*)(.*)", blocks[-1], re.S).groups()
    stale = re.sub(rb"Hash SHA1 \w+", b"Hash SHA1 " + b"0" * 40, last)
    beyond = re.sub(rb"Volume \d+", b"Volume %d" % (len(blocks) + 1), stale)
    with open(path, "wb") as out:
        out.write(b"".join([head] + blocks[:-1] + [stale, beyond, last, rest]))


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def epoch(text):
    return int(time.mktime(time.strptime(text, "%Y%m%dT%H%M%SZ"))) - time.timezone


def short_name(name):
    times = [base36(epoch(t)) for t in re.findall(r"\d{8}T\d{6}Z", name)]
    volume = re.search(r"vol(\d+)", name)
    kind = {"full": "df", "inc": "di", "full-signatures": "dfs", "new-signatures": "dns"}[name[len("duplicity-"):name.index(".")]]
    middle = times + ([base36(int(volume.group(1)))] if volume else [])
    ending = "dt" if volume else "m" if ".manifest" in name else "st"
    suffix = ".g" if name.endswith(".gpg") else ".z" if name.endswith(".gz") else ""
    return ".".join([kind] + middle + [ending]) + suffix


def old_name(name):
    def local(found):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch(found.group()) - 5 * 3600)) + "-05:00"
    return re.sub(r"\d{8}T\d{6}Z", local, name)


def rename(folder, new_name):
    for path in files(folder, "difftar", "manifest", "sigtar"):
        os.rename(path, os.path.join(folder, new_name(os.path.basename(path))))


def make_member(name, kind=tarfile.REGTYPE, payload=b"", target="", mode=0o644):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode, member.size, member.mtime = kind, target, mode, len(payload), 1600000000
    if kind == tarfile.CHRTYPE:
        member.devmajor, member.devminor = 1, 3
    if "\0" in name:
        member.pax_headers = {"path": name}
    return member, payload


def make_folder(name):
    return make_member(name, tarfile.DIRTYPE, mode=0o755)


def make_link(name, target):
    return make_member(name, tarfile.SYMTYPE, target=target, mode=0o777)


def hostile_members(case, outside):
    """Volumes' members that would write OUTSIDE/owned, and good ones around them."""
    evil = b"owned\n"
    root, good, last = make_folder("snapshot/."), make_member("snapshot/aaa", payload=b"good\n"), make_member("snapshot/zzz", payload=b"good\n")
    up = "../" * 12 + outside.lstrip("/")
    cases = {
        "dotdot": [make_member("snapshot/b/" + up + "/owned", payload=evil)],
        "dotdot-folder": [make_folder("snapshot/.."), make_member("snapshot/../owned", payload=evil)],
        "dotdot-multivol": [make_member("multivol_snapshot/" + up + "/owned/1", payload=evil)],
        "absolute": [make_member("snapshot//" + outside.lstrip("/") + "/owned", payload=evil)],
        "dot": [make_member("snapshot/b/./owned", payload=evil)],
        "link-parent": [make_link("snapshot/b", outside), make_member("snapshot/b/owned", payload=evil)],
        "link-parent-folder": [make_link("snapshot/b", outside), make_folder("snapshot/b/new"), make_member("snapshot/b/new/owned", payload=evil)],
        "link-twice": [make_link("snapshot/b", outside), make_folder("snapshot/b"), make_member("snapshot/b/owned", payload=evil)],
        "link-itself": [make_link("snapshot/b", outside + "/owned"), make_member("snapshot/b", payload=evil)],
        "link-root": [make_link("snapshot/.", outside), make_member("snapshot/owned", payload=evil)],
        "hard-link": [make_member("snapshot/b", tarfile.LNKTYPE, target=outside + "/victim", mode=0o777)],
        "device-parent": [make_member("snapshot/b", tarfile.CHRTYPE), make_member("snapshot/b/owned", payload=evil)],
        "nul-name": [make_member("snapshot/b\0c/owned", payload=evil)],
    }
    return [root, good] + cases[case] + [last]


def hostile(folder, case, outside):
    os.makedirs(folder)
    pairs = hostile_members(case, outside)
    base = os.path.join(folder, "duplicity-full")
    volume = "%s.%s.vol1.difftar.gz" % (base, TIME)
    write(volume, pack(pairs, tarfile.PAX_FORMAT, False))
    sigs = [make_folder("snapshot"), make_member("signature/aaa", payload=bytes.fromhex("727301360000020000000008")),
            make_member("signature/zzz", payload=bytes.fromhex("727301360000020000000008"))]
    write("%s-signatures.%s.sigtar.gz" % (base, TIME), pack(sigs, tarfile.PAX_FORMAT, True))
    with open(volume, "rb") as source:
        digest = hashlib.sha1(source.read()).hexdigest()
    with open("%s.%s.manifest" % (base, TIME), "w") as out:
        out.write("Hostname %s\nLocaldir /srv\nVolume 1:\n    StartingPath   .  \n    EndingPath     zzz  \n    Hash SHA1 %s\n"
                  "Filelist 0\n" % (os.uname().nodename, digest))


def main(command, place, *rest):
    if command == "gnu":
        for path in files(place, "difftar", "sigtar"):
            repack(path, lambda pairs: pairs, tarfile.GNU_FORMAT)
    elif command in ("multi-member", "garbage"):
        for path in files(place, "difftar", "sigtar"):
            {"multi-member": multi_member, "garbage": garbage}[command](path)
    elif command == "duplicate-blocks":
        for path in files(place, "manifest"):
            duplicate_blocks(path)
        return
    elif command in ("short", "old"):
        return rename(place, {"short": short_name, "old": old_name}[command])
    elif command in ("drop", "cut", "scramble"):
        selected(place, rest[0], {"drop": lambda member, payload: [], "cut": cut, "scramble": scramble}[command])
    elif command == "spoil":
        spoil(place, rest[0])
    elif command in ("shorten", "flip"):
        with open(place, "r+b") as target:
            content = target.read()
            middle = len(content) // 2
            target.seek(middle)
            target.write(bytes([content[middle] ^ 1]))
            if command == "shorten":
                target.truncate(middle)
        return
    elif command == "members":
        for member, _ in members(read(place)):
            print(member.name)
        return
    elif command == "hostile":
        return hostile(place, *rest)
    elif command != "rehash":
        sys.exit(__doc__)
    rehash(place)


if __name__ == "__main__":
    main(*sys.argv[1:])
