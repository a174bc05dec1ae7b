"""What an executable or shared library asks of the machine it runs on. As a program: the glibc that a packed charm asks
for."""
import os
import re
import subprocess
import sys
import tempfile
import zipfile

# What comes with libc itself, and is on every machine.
LIBC = re.compile(r"(ld-linux[-a-z0-9]*|ld64|libc|libm|libpthread|libdl|librt|libresolv)\.so\.\d+$")


def readelf(path, *options):
    return subprocess.run(["readelf", "--wide", *options, path], check=True, capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL="C")).stdout


def is_elf(path):
    with open(path, "rb") as source:
        return source.read(4) == b"\x7fELF"


def needed(path):
    """Names of the shared libraries it is linked with."""
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.*?)\]", readelf(path, "--dynamic"))


def run_paths(path):
    """(RPATH or RUNPATH, folders): an RPATH is for the libraries of libraries too, and no child program inherits it."""
    return re.findall(r"\((RPATH|RUNPATH)\)\s+Library [a-z]+: \[(.*?)\]", readelf(path, "--dynamic"))


def glibc(path):
    """The newest glibc that it asks for, as a pair of numbers."""
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", readelf(path, "--version-info"))
    return max([(int(major), int(minor)) for major, minor in versions], default=(0, 0))


def bases(wanted):
    """(name, release, glibc) of the releases in tools/charm-bases that have the glibc WANTED, the oldest first."""
    found = []
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "charm-bases"), encoding="utf-8") as table:
        for line in table:
            words = line.split()
            if words and not line.startswith("#"):
                has = tuple(int(number) for number in words[2].split("."))
                if has >= wanted:
                    found.append((words[0], words[1], has))
    return found


def glibc_of_charm(path):
    """The newest glibc that the program of a packed charm, or a library in it, asks for."""
    found = (0, 0)
    with zipfile.ZipFile(path) as charm, tempfile.TemporaryDirectory() as folder:
        for name in charm.namelist():
            if name.startswith(("bin/", "lib/")):
                found = max(found, glibc(charm.extract(name, folder)))
    return found


if __name__ == "__main__":
    print("%d.%d" % glibc_of_charm(sys.argv[1]))
