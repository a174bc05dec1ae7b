#!/usr/bin/env python3
"""Gives each option of the charm junk, runs config-changed, and judges what comes of it.

junk.py CHARM ROOT STAND-INS FOLDER    CHARM: the unpacked charm; ROOT: the machine below it; FOLDER: for Juju's side,
                                       which is a few lines of shell here, since there are many hooks to run
JUNK_ALL=1 in the environment: each option is given all of it, not every second piece
"""
import json
import os
import re
import subprocess
import sys

import yaml

CHARM, ROOT, STAND_INS, HOME = sys.argv[1:]
UNIT, DASHED = "duplicity/0", "duplicity-0"
TOOLS = {
    "config-get": 'cat "%(home)s/config.json"',
    "status-get": 'echo "{}"',
    "status-set": 'printf "%%s\\n" "$2" >"%(home)s/status"; printf %%s "$3" >"%(home)s/message"',
    "relation-ids": 'cat "%(home)s/relations"',
    "relation-list": 'echo "[\\"nrpe/0\\"]"',
    "relation-get": 'echo "{}"',
    "relation-set": 'cat >/dev/null',
    "juju-log": ':',
}
GOOD = {"backend": "file", "remote_backup_url": HOME + "/far", "encryption_passphrase": "x",
        "aux_backup_directory": HOME + "/data",
        "backup_frequency": "daily", "retention_period": "30d"}
# what options are about other storage than a folder
SFTP = {"backend": "sftp", "remote_backup_url": "h/x", "remote_user": "u", "remote_password": "p",
        "known_host_key": "h ssh-rsa A"}
S3 = {"backend": "s3", "remote_backup_url": "b/x", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
AZURE = {"backend": "azure", "remote_backup_url": "b", "azure_connection_string": "x"}
BASES = {"remote_user": SFTP, "remote_password": SFTP, "known_host_key": SFTP, "private_ssh_key": SFTP,
         "aws_access_key_id": S3, "aws_secret_access_key": S3, "s3_region": S3, "s3_addressing_style": S3,
         "azure_connection_string": AZURE}
SECRET = ("remote_backup_url", "remote_password", "private_ssh_key", "aws_secret_access_key", "azure_connection_string",
          "encryption_passphrase", "install_sources")
JUNK = [
    "", " ", "x", "-", "--help", "a\nb", "\n\n", "x" * 100000, "../../" + "x" * 300, "%s%n%c",
    "$(touch %s/pwned)" % HOME, "';`\"|&\\ {unit}{x} #",
    "\x01\x1b[31m\x7f\t", "caf\u00e9 \ufeff\u2028\u0085\U0001f600", "nul\0byte",
    "* * * * *\n* * * * * root touch %s/pwned" % HOME, "@reboot", "0", "-1", "99999999999999999999", "[a, {b: [",
    "&a [*a]", "://", "sftp://u:hidden@h:99999/",
    -1, 0, 10 ** 18, 1.5, True, None, [1], {"a": {"b": 1}},
]


def prepare():
    os.makedirs(HOME + "/tools")
    for name, body in TOOLS.items():
        path = os.path.join(HOME, "tools", name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\n" + body % {"home": HOME} + "\n")
        os.chmod(path, 0o755)


def environment():
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
    return dict(kept, PATH="%s/tools:%s:/usr/bin:/bin" % (HOME, STAND_INS), JUJU_UNIT_NAME=UNIT,
                JUJU_CHARM_DIR=CHARM, JUJU_VERSION="3.6.26",
                JUJU_CONTEXT_ID="1", JUJU_HOOK_NAME="config-changed", CHARM_DUPLICITY_ROOT=ROOT, LANG="C.UTF-8")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            return source.read()
    except FileNotFoundError:
        return ""


def files_below(*parts):
    return [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, *parts)) for name in names]


def cron_complaints(path):
    lines = read(path).split("\n")
    words = ("daily", "weekly", "monthly", "hourly")
    if len(lines) != 6 or not lines[0].startswith("# ") or lines[1::2] != ["SHELL=/bin/sh", 'MAILTO=""', ""]:
        return ["the cron file has other lines: %r" % lines]
    schedule = re.match(r"(\S+|(?:\S+\s+){4}\S+) root %s/bin/charm-duplicity run-\w+ %s >/dev/null 2>&1$"
                        % (re.escape(CHARM), UNIT), lines[4])
    if not schedule or ("@" in schedule.group(1) and schedule.group(1)[1:] not in words):
        return ["the cron file has the line %r" % lines[4]]
    return []


def complaints(option, ended):
    state = os.path.join(ROOT, "var/lib/charm-duplicity", DASHED)
    status, message = read(HOME + "/status").strip(), read(HOME + "/message")
    crons = files_below("etc/cron.d")
    found = []
    if ended.returncode != 0:
        found.append("the hook ended with %d: %s" % (ended.returncode, ended.stderr.decode(errors="replace")))
    if status not in ("active", "blocked"):
        found.append("the status is %r" % status)
    if status == "blocked" and option not in message and option.replace("_", " ") not in message:
        found.append("the message does not name the option: %r" % message)
    if "\n" in message or len(message) > 1000:
        found.append("the message is no short line: %r" % message[:2000])
    if option in SECRET and "hidden" in message + read(state + "/plan.json"):
        found.append("a password is shown")
    if status == "blocked" and crons:
        found.append("blocked, but a schedule is left")
    for path in crons:
        found += cron_complaints(path)
    for name in ("plan.json", "private/config.json"):
        try:
            json.loads(read(os.path.join(state, name)))
        except ValueError as error:
            found.append("%s is no whole document: %s" % (name, error))
    strange = [path for path in files_below() if ".part-" in path or "pwned" in path]
    strange += [path for path in [HOME + "/pwned"] if os.path.exists(path)]
    names = {os.path.basename(path) for path in files_below("etc/nagios") + files_below("var/lib/nagios")}
    strange += [name for name in names if not re.match(r"(service__[\w.-]+_)?check_(backups|deletions)\.cfg$", name)]
    for path in files_below("etc/nagios"):
        if not re.match(r"(#.*\n){3}(# servicegroups: [\w., -]+\n)?command\[check_\w+\]=\S+ check-\w+ %s\n$" % UNIT,
                        read(path)):
            strange.append(read(path))
    return found + ["there is " + repr(what) for what in strange]


def main():
    prepare()
    with open(os.path.join(CHARM, "config.yaml"), encoding="utf-8") as source:
        options = yaml.safe_load(source)["options"]
    defaults = {name: option["default"] for name, option in options.items()}
    bad = runs = blocked = 0
    for number, option in enumerate(sorted(options)):
        with open(HOME + "/relations", "w", encoding="utf-8") as out:
            json.dump(["nrpe-external-master:1"] if option.startswith("nagios") else [], out)
        for junk in JUNK if os.environ.get("JUNK_ALL") else JUNK[number % 2::2]:
            config = dict(defaults, **GOOD)
            config.update(BASES.get(option, {}))
            config[option] = junk
            with open(HOME + "/config.json", "w", encoding="utf-8", errors="surrogatepass") as out:
                json.dump(config, out, ensure_ascii=False)
            for name in ("status", "message"):
                if os.path.exists(os.path.join(HOME, name)):
                    os.remove(os.path.join(HOME, name))
            ended = subprocess.run([CHARM + "/hooks/config-changed"], env=environment(), cwd=CHARM,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, timeout=60, check=False)
            runs += 1
            blocked += read(HOME + "/status").strip() == "blocked"
            for complaint in complaints(option, ended):
                print("%s = %.100r: %s" % (option, junk, complaint))
                bad += 1
    print("%d hooks, %d of them blocked" % (runs, blocked))
    sys.exit(1 if bad or blocked < runs / 4 or blocked > runs * 9 / 10 else 0)


if __name__ == "__main__":
    main()
