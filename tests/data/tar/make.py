"""Makes pax.tar, gnu.tar and ustar.tar with Python's tarfile: what our headers have to be like (header blocks only, payloads are empty)."""
import os
import tarfile

FOLDER = os.path.dirname(os.path.abspath(__file__))


def header(name, tar_format=tarfile.PAX_FORMAT, **fields):
    info = tarfile.TarInfo(os.fsdecode(name))
    values = dict(mode=0o644, uid=1000, gid=100, mtime=1700000000, uname="alice", gname="users")
    values.update(fields)
    for key, value in values.items():
        setattr(info, key, os.fsdecode(value) if isinstance(value, bytes) and key != "type" else value)
    return info.tobuf(tar_format, "utf-8", "surrogateescape")


def write(name, headers):
    with open(os.path.join(FOLDER, name), "wb") as out:
        out.write(b"".join(headers))


write("pax.tar", [
    header(b"snapshot/a"),
    header(b"snapshot/folder/", type=tarfile.DIRTYPE, mode=0o1755),
    header(b"snapshot/link", type=tarfile.SYMTYPE, mode=0o777, linkname="to/where"),
    header(b"snapshot/fifo", type=tarfile.FIFOTYPE, uname="", gname=""),
    header(b"snapshot/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
    header(b"snapshot/disk", type=tarfile.BLKTYPE, devmajor=259, devminor=1048575),
    header(b"deleted/gone", mode=0, uid=0, gid=0, mtime=0, uname="", gname=""),
    header(b"n" * 100),
    header(b"n" * 101),
    header("snapshot/héllo-ünï".encode()),
    header(b"n" * 99 + "é€😀".encode()),
    header(b"snapshot/\xff\xe2\x82x\xed\xa0\x80", type=tarfile.SYMTYPE, linkname=b"l" * 101, uname="jürgen"),
    header(b"snapshot/latin", type=tarfile.SYMTYPE, linkname=b"caf\xe9", gname="g" * 33),
    header(b"snapshot/owner", uname="u" * 32, gname="g" * 32, uid=0o7777777, gid=0o10000000),
    header(b"snapshot/ids", uid=4294967295, gid=2500000),
    header(b"snapshot/late", mtime=0o77777777777),
    header(b"snapshot/later", mtime=0o100000000000),
    header(b"snapshot/early", mtime=0, pax_headers={"CHARMDUPLICITY.mtime": "-1"}),
    header(b"snapshot/" + b"d/" * 496, type=tarfile.DIRTYPE),
    header(b"snapshot/" + b"d/" * 497, type=tarfile.DIRTYPE),
    header(b"snapshot/large", size=0o77777777777 + 1),
])

GNU = tarfile.GNU_FORMAT
write("gnu.tar", [
    header(b"n" * 100, GNU),
    header(b"n" * 101, GNU),
    header(b"l" * 300, GNU, type=tarfile.SYMTYPE, linkname="t" * 600),
    header(b"snapshot/ids", GNU, uid=4294967295, gid=2097152),
    header(b"snapshot/early", GNU, mtime=-86401),
    header(b"snapshot/caf\xe9", GNU, mtime=0o100000000000),
    header(b"snapshot/large", GNU, size=0o77777777777 + 1),
])

write("ustar.tar", [
    header(b"p" * 155 + b"/" + b"n" * 100, tarfile.USTAR_FORMAT),
    header(b"short", tarfile.USTAR_FORMAT),
])
