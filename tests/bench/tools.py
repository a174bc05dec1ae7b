"""How each tool is asked for each step, encrypted with a passphrase, everything else as it comes."""
import shlex

import measure
from settings import PROG, TOOLS, at

NAMES = {"ours": "ours", "duplicity": "stock duplicity", "restic": "restic", "borg": "borg", "pipe": "tar, zstd, gpg"}
NEEDS = {"ours": [], "duplicity": ["duplicity"], "restic": ["restic"], "borg": ["borg"], "pipe": ["tar", "zstd", "gpg"]}


def available():
    return [tool for tool in TOOLS if all(map(measure.has, NEEDS[tool]))]


def program_of(tool):
    return PROG if tool == "ours" else "duplicity"


def duplicity_like(tool, url=None, options=()):
    """Both programs take the same words."""
    program, url = program_of(tool), url or "file://" + at("repository")
    options = ["--archive-dir", at("cache-" + tool)] + list(options)
    backup = [program, "incremental", at("source"), url] + options
    return {"full": [program, "full", at("source"), url] + options, "unchanged": backup, "incremental": backup,
            "restore": [program, "restore", url, at("restored")] + options,
            "one file": lambda path: [program, "restore", "--file-to-restore", path, url, at("restored", "one")] + options}


def restic():
    base = ["restic", "-q", "-r", at("repository")]
    backup = base + ["backup", at("source")]
    restore = base + ["restore", "latest", "--target", at("restored")]
    return {"prepare": base + ["init"], "full": backup, "unchanged": backup, "incremental": backup, "restore": restore,
            "one file": lambda path: restore + ["--include", at("source", path)]}


def borg():
    def create(name):
        return ["borg", "create", at("repository") + "::" + name, at("source")]
    extract = ["borg", "extract", at("repository") + "::incremental"]
    return {"prepare": ["borg", "init", "-e", "repokey-blake2", at("repository")], "full": create("full"), "unchanged": create("unchanged"),
            "incremental": create("incremental"), "restore": extract, "one file": lambda path: extract + [at("source", path)[1:]]}


def pipe():
    """As fast as this can be done by hand: zstd has compressed already, so gpg need not."""
    command = "set -o pipefail; tar -C %s -c . | zstd -q -3 -T2 | gpg --batch -q --pinentry-mode loopback --passphrase bench -c -z 0 -o %s" % (
        shlex.quote(at("source")), shlex.quote(at("repository", "all.tar.zst.gpg")))
    return {"prepare": ["mkdir", at("repository")], "full": ["bash", "-c", command]}


def commands_of(tool, options=()):
    if tool in ("ours", "duplicity"):
        return duplicity_like(tool, None, options)
    return {"restic": restic, "borg": borg, "pipe": pipe}[tool]()
