# The charm's actions, its scheduled runs, and the check that Nagios runs: on a repository in a folder, read by stock
# duplicity as well.
. "$SUPPORT/charm.sh"
new_machine
mkdir -p data/etc data/srv far
echo one >data/etc/passwd
head -c 200000 /dev/urandom >data/srv/blob
deploy duplicity/0
hooks install start
passphrase='correct horse; "battery" staple'
LOG=$ROOT_OF_CHARM/var/log/duplicity/$DASHED.log

step 'without a good config every action fails, says why, and exits with 0'
bad_action 'backups are disabled: set "backend" (juju config duplicity)' do-backup
expect_plugin 0 backups 'OK: backups are disabled'
juju config backend=file remote_backup_url="$T/far"
bad_action 'Must set either an encryption passphrase' list-backups
configure encryption_passphrase="$passphrase" aux_backup_directory="$T/data" retention_period=30d \
        backup_frequency=daily
expect_unit active Ready
quick_keys
bad_action 'no backup' restore target="$T/back"
expect_plugin 0 backups 'OK: no backup yet, none is due'
expect_plugin 0 deletions 'OK: no deletion yet, none is due'

step 'check-connection writes, lists, reads back, deletes'
good_action check-connection
expect_result output "The storage file://$T/far/duplicity-0 can be written, listed, read and deleted from."
[ -z "$(ls -A far/duplicity-0)" ] || fail "left at the storage: $(ls -A far/duplicity-0)"

step 'check-connection deletes what a storage keeps of a write that it refuses'
python3 - port methods <<'END' &
import http.server, sys

class Server(http.server.BaseHTTPRequestHandler):
    def answer(self, status):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[2], "a") as out:
            out.write(self.command + " " + self.path + "\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self): self.answer(507)
    def do_DELETE(self): self.answer(204)
    def do_MKCOL(self): self.answer(201)
    def do_PROPFIND(self): self.answer(404)
    def log_message(self, *words): pass

server = http.server.HTTPServer(("127.0.0.1", 0), Server)
with open(sys.argv[1], "w") as out:
    out.write("%d\n" % server.server_port)
server.serve_forever()
END
server=$!
until [ -s port ]; do sleep 0.05; done
juju config backend=webdav remote_backup_url="webdav://127.0.0.1:$(cat port)/x" remote_user=u remote_password=p
bad_action 'cannot write' check-connection
grep -q '^PUT /x/duplicity-0/.charm-duplicity-probe-' methods || fail "the storage was asked $(cat methods)"
grep -q '^DELETE /x/duplicity-0/charm-duplicity-probe-' methods || fail 'the probe is left at the storage'
kill $server
juju config backend=file remote_backup_url="$T/far" remote_user= remote_password=

step 'backups, by the type that is asked for, and what the status shows of them'
good_action do-backup
[ "$(result type)" = full ] || fail "the first backup is $(result type)"
expect_result output 'Backup Statistics'
[ "$(result problems)" = 0 ] && [ "$(result files)" = 5 ] || fail "files: $(result files), problems: $(result problems)"
expect_unit_like '^active: Ready \(last backup 20[0-9-]+T[0-9:]{5}Z full\)$'
grep -qE '^backing up: [0-9]+ files, .* read, .* moved$' "$STATE/progress" || fail 'no progress is shown'
grep -qE '^20[0-9T:Z-]+ NOTICE full backup complete: 5 files, ' "$LOG" || fail 'the log says nothing of the backup'
grep -q '^INFO full backup complete: ' "$STATE/log" || fail "Juju's log says nothing of the backup"
echo two >data/etc/passwd
good_action create-backup
[ "$(result type)" = incremental ] || fail "the second backup is $(result type)"
expect_unit_like '^active: Ready \(last backup .* incremental\)$'
expect_plugin 0 backups 'OK: last backup '
grep -qE "\| 'age'=[0-9]+s;;108000;0 'duration'=[0-9]+s;;;0 'size'=[0-9]+B;;;0$" out || fail 'no performance data'
PASSPHRASE=$passphrase stock restore "file://$T/far/duplicity-0" stock-restored
same_tree data stock-restored

step 'what is wrong with the unit stays its status, whatever an action does'
touch "$MACHINE/offline"
configure extra_packages=nfs-common
expect_unit_like '^blocked: Cannot install nfs-common'
good_action list-backups
expect_unit_like '^blocked: Cannot install nfs-common'
good_action do-backup
expect_unit_like '^blocked: Cannot install nfs-common'
rm "$MACHINE/offline"
configure extra_packages=
expect_unit_like '^active: Ready \(last backup .* incremental\)$'
history=$(wc -l <"$STATE/status-history")
good_action collection-status
[ "$(wc -l <"$STATE/status-history")" = "$history" ] || fail 'an action that changes nothing has set the status'

step 'looking: status, list, verify, check'
good_action list-backups
expect_result output 'Number of contained backup sets: 3'
good_action collection-status
good_action list-current-files
expect_result output 'etc/passwd'
[ "$(result files)" = 5 ] || fail "$(result files) files are listed"
good_action list-current-files path="$T/data/srv"
! result output | grep passwd || fail 'a path that was not asked for is listed'
good_action verify
good_action verify compare=true path=etc
expect_result differences 0
cp -p data/etc/passwd passwd
echo three >data/etc/passwd
bad_action '1 differences: see the output' verify compare=true
expect_result output passwd
cp -p passwd data/etc/passwd
good_action check full=true
expect_result errors 0
good_action check sample=50

step 'restoring: never over what is there'
good_action restore target="$T/back"
same_tree data back
[ "$(result files)" = 5 ] || fail "$(result files) files are restored"
time=$(ls far/duplicity-0 | sed -n 's/^duplicity-full\.\(.*\)\.manifest.gpg$/\1/p')
good_action restore target="$T/old" path="$T/data/etc/passwd" time="$time"
[ "$(cat old)" = one ] || fail "the old version is $(cat old)"
echo mine >back/etc/passwd
bad_action "give another 'target', or force=true" restore target="$T/back"
[ "$(cat back/etc/passwd)" = mine ] || fail 'what was there was overwritten'
good_action restore target="$T/back" force=true
same_tree data back
bad_action "'target' must be a folder's full path" restore target=relative
bad_action "'target' must be a folder's full path without '..'" restore target="$T/missing/../back"
[ ! -e missing ] || fail 'a folder was made for a restore that was refused'
bad_action "must be a path without '..'" restore target="$T/x" path=../etc

step 'wrong parameters, of a Juju that does not look at them'
bad_action "has no parameter 'typ'" do-backup typ=full
bad_action "'type'" do-backup type=half
bad_action "'time'" remove-older-than time=soon
bad_action "needs the parameter 'count'" remove-all-but-n-full
bad_action "'count'" remove-all-but-n-full count=0
bad_action "'full' and 'sample' contradict each other" check full=true sample=3
bad_action "the parameter 'time'" list-current-files time=2026-13-45

step 'long output goes to a file, its beginning into the result'
mkdir data/many
(cd data/many && for i in $(seq 700); do : >"file-with-a-name-that-is-rather-long-$i"; done)
good_action do-backup
good_action list-current-files
[ "$(wc -l <"$(result file)")" = 706 ] || fail "the file has $(wc -l <"$(result file)") lines"
[ "$(result output | wc -c)" -gt 10000 ] && [ "$(result output | wc -c)" -lt 20000 ] ||
        fail "the result has $(result output | wc -c) bytes"
expect_result output "[cut: all of it is in $(result file)]"
[ "$(stat -c %a "$(result file)")" = 640 ] || fail 'the list of files is readable for all'
rm -r data/many

step 'removing'
good_action do-backup type=full
good_action remove-all-inc-of-but-n-full count=1
[ -z "$(ls far/duplicity-0 | grep duplicity-inc)" ] || fail 'incrementals are left'
[ "$(ls far/duplicity-0 | grep -c 'full.*manifest')" = 2 ] || fail 'full backups are gone'
grep -qE '^20[0-9T:Z-]+ NOTICE [1-9][0-9]* files of old backups removed$' "$LOG" ||
        fail 'the log says nothing of what was removed'
good_action remove-all-but-n-full count=1
[ "$(ls far/duplicity-0 | grep -c 'full.*manifest')" = 1 ] || fail 'the elder full backup is left'
good_action remove-older-than time=0s
[ "$(ls far/duplicity-0 | grep -c 'full.*manifest')" = 1 ] || fail 'the newest chain was removed'
cp "far/duplicity-0/$(ls far/duplicity-0 | grep vol1)" far/duplicity-0/duplicity-full.20200101T000000Z.vol1.difftar.gpg
good_action cleanup
expect_result output 'Run the action again with force=true to actually delete'
[ -e far/duplicity-0/duplicity-full.20200101T000000Z.vol1.difftar.gpg ] || fail 'cleanup without force deletes'
good_action cleanup force=true
[ ! -e far/duplicity-0/duplicity-full.20200101T000000Z.vol1.difftar.gpg ] || fail 'cleanup with force deletes nothing'

step 'damage is found, named, and fails the action'
cp -a far/duplicity-0 kept
volume=$(ls far/duplicity-0/*vol1*)
printf 'x' | dd of="$volume" bs=1 seek=100000 conv=notrunc status=none
bad_action 'see the output' check
expect_result output "$(basename "$volume")"
bad_action "$(basename "$volume")" restore target="$T/broken"
rm -rf far/duplicity-0 && mv kept far/duplicity-0

step 'another passphrase, kind of encryption or folder: a new chain, and no chain needs two secrets'
echo four >data/etc/passwd
juju config encryption_passphrase='a new one'
good_action do-backup
[ "$(result type)" = full ] || fail 'another passphrase continues the chain'
good_action verify compare=true
good_action do-backup
[ "$(result type)" = incremental ] || fail 'the new chain is not continued'
juju config disable_encryption=true
good_action do-backup
[ "$(result type)" = full ] || fail 'no encryption continues an encrypted chain'
gpg --armor --export reader >reader.asc
juju config disable_encryption=false encryption_passphrase= gpg_public_key@reader.asc
hooks config-changed
good_action do-backup
[ "$(result type)" = full ] || fail 'a key continues a chain without encryption'
keyring=$PRIVATE/private/gnupg
bad_action "(on the unit, import one with 'sudo gpg --homedir $keyring --import')" restore target="$T/unreadable"
rm -rf "$ROOT_OF_CHARM/var/cache/charm-duplicity/$DASHED"
good_action do-backup # without the secret key nothing of the chain can be read
[ "$(result type)" = full ] || fail 'a chain that cannot be read is continued'
juju config aux_backup_directory="$T/data/etc, $T/data/srv"
good_action do-backup
[ "$(result type)" = full ] || fail 'other folders continue the chain'
good_action do-backup type=incremental
[ "$(result type)" = incremental ] || fail 'an incremental is none'
PASSPHRASE='reader pass' stock restore "file://$T/far/duplicity-0" stock-several
same_tree data/etc "stock-several$T/data/etc"
[ "$(ls "stock-several$T")" = data ] || fail 'more than the folders was backed up'
configure aux_backup_directory="$T/data" gpg_public_key= encryption_passphrase="$passphrase"

step 'scheduled runs need no Juju'
mv "$TOOLS" "$TOOLS.away"
scheduled backup || fail 'the scheduled backup failed'
grep -qE '^20[0-9T:Z-]+ NOTICE full backup complete: 5 files, ' "$LOG" ||
        fail 'the log says nothing of it'
scheduled deletion || fail 'the scheduled deletion failed'
head -c 6000000 /dev/zero >>"$LOG"
priority=$(scheduled deletion python3 -c '
import os, subprocess, sys
run = subprocess.Popen(sys.argv[1:])
os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)
print(os.getpriority(os.PRIO_PROCESS, run.pid))')
[ "$priority" -ge 10 ] || fail "a scheduled run has priority $priority"
[ "$(stat -c %s "$LOG.1")" -gt 6000000 ] || fail 'the log is not rotated'
[ "$(stat -c %s "$LOG")" -lt 100000 ] || fail 'the log is not begun anew'
mv "$TOOLS.away" "$TOOLS"
expect_plugin 0 deletions 'OK: last deletion '
hooks update-status
expect_unit_like '^active: Ready \(last backup .* full\)$'

step 'a run that is due while another is at work is noted and left out'
# holds LOCK EX|SH: a process that has it, as another run would
holds() {
        rm -f locked
        python3 - "$PRIVATE/$1/lockfile" "$T/locked" "$2" <<'END' &
import fcntl, sys, time
with open(sys.argv[1], "a+") as lock:
    fcntl.lockf(lock, getattr(fcntl, "LOCK_" + sys.argv[3]))
    open(sys.argv[2], "w").close()
    time.sleep(60)
END
        holder=$!
        until [ -e locked ]; do sleep 0.05; done
}
lets_go() {
        kill $holder
        wait $holder 2>/dev/null || true
}
noted() { grep -q '"overlap"' "$PRIVATE/$1.json"; }
holds run EX
scheduled backup || fail 'an overlap is no failure'
scheduled deletion || fail 'an overlap is no failure'
grep "the backup that is due now is left out: another run is at work on the backups of duplicity/0" \
        "$LOG" | grep -q "process $holder" || fail 'the overlap is not noted'
bad_action 'another run is at work on the backups of duplicity/0: wait for its end' do-backup
bad_action 'another run is at work' remove-older-than time=1Y
good_action list-backups # reading goes on
good_action verify
lets_go
noted backup && noted deletion || fail 'the outcomes know of no overlap'

step 'beside a restore backups are made, and nothing is deleted; nobody reads while something is'
holds reading SH
scheduled backup || fail 'a backup does not run beside a restore'
scheduled deletion || fail 'an overlap is no failure'
! noted backup || fail 'the backup beside a restore was left out'
noted deletion || fail 'a deletion ran beside a restore'
bad_action 'another run is at work on the backups of duplicity/0' cleanup force=true
good_action verify
good_action restore target="$T/beside"
lets_go
holds reading EX
for name in "restore target=$T/beneath" verify check; do
        bad_action 'another run is at work on the backups of duplicity/0' $name
done
lets_go
scheduled deletion
! noted deletion || fail 'a deletion that was made keeps the note of one left out'

step 'a wrong config in the snapshot is a failure, and no overlap'
python3 - "$PRIVATE/private/config.json" <<'END'
import json, sys
with open(sys.argv[1], encoding="utf-8") as source:
    snapshot = json.load(source)
snapshot["options"]["backend"] = "tape"
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump(snapshot, out)
END
expect_status 1 scheduled backup
expect_output 'Unrecognized backend "tape" (juju config duplicity)'
! noted backup || fail 'a wrong config is noted as an overlap'
expect_plugin 1 backups 'WARNING: the last backup failed at '
hooks config-changed
scheduled backup

step 'failures: the status, the check and the log tell them, and the next good run takes them back'
rm -rf moved
mv far moved
echo >far
expect_status 1 scheduled backup
expect_plugin 1 backups 'WARNING: the last backup failed at '
hooks update-status
expect_unit_like '^active: Ready \(last run failed at .*: .*; last backup .* incremental\)$'
bad_action "$T/far" check-connection
bad_action "$T/far" do-backup
grep -q "ERROR the action do-backup failed: .*$T/far" "$LOG" || fail 'the log says nothing of the failed action'
rm far
mv moved far
scheduled backup
hooks update-status
expect_unit_like '^active: Ready \(last backup .*\)$'
expect_plugin 0 backups 'OK: last backup '
rm -rf data.away
mv data data.away
bad_action "$T/data" do-backup
hooks update-status # makes the folder again
[ -d data ] || fail 'the folder to back up was not made'
rm -r data
mv data.away data
scheduled backup
head -c 300 /dev/zero >"$PRIVATE/private/config.json"
expect_status 1 scheduled backup
expect_plugin 1 backups 'WARNING: the last backup failed at '
grep -q "juju config duplicity" out || fail 'no remedy'
hooks config-changed
scheduled backup

step 'a run that was killed, or hangs, or never comes, is seen by the check'
outcome() { python3 - "$PRIVATE/$1" "${@:2}" <<'END'
import json, sys, os, time
path = sys.argv[1]
with open(path, encoding="utf-8") as source:
    value = json.load(source)
exec(sys.argv[2])
with open(path, "w", encoding="utf-8") as out:
    json.dump(value, out)
END
}
# running SECONDS PID: since when, and which process
running() {
        local boot
        boot=$(cat /proc/sys/kernel/random/boot_id)
        outcome backup.json "value['running'] = {'since': int(time.time()) - $1, 'pid': $2, 'boot': '$boot'}"
}
cp "$PRIVATE/backup.json" sound.json
running 60 4194999
expect_plugin 2 backups \
        'CRITICAL: the last backup was killed, or the machine went down: run it again (juju run duplicity/0 do-backup)'
hooks update-status
expect_unit_like '^active: Ready \(the run of 20.*Z was killed, or the machine went down; last backup .*\)$'
running 200000 $$
expect_plugin 2 backups "CRITICAL: a backup has been running for 2 days (process $$)"
cp sound.json "$PRIVATE/backup.json"
outcome backup.json 'value["last"]["ended"] -= 200000; value["last-good"] = value["last"]'
expect_plugin 0 backups 'OK: last backup ' # by a schedule that is new
outcome plan.json 'value["backups"]["since"] -= 200000'
expect_plugin 2 backups 'CRITICAL: no backup has been made for 2 days: is cron running?'
rm "$PRIVATE/backup.json"
expect_plugin 2 backups 'CRITICAL: no backup has been made for 2 days, and none ever'
echo '{' >"$PRIVATE/backup.json"
expect_plugin 3 backups 'UNKNOWN: '
cp sound.json "$PRIVATE/backup.json"
configure backup_frequency=never
expect_plugin 2 backups 'CRITICAL: no backups are made: Invalid value "never" for "backup_frequency"'
configure backup_frequency=daily
expect_plugin 0 backups 'OK: last backup '
unit duplicity/5
CHARM=$T/agents/unit-duplicity-0/charm
expect_plugin 3 backups 'UNKNOWN: the charm has not set up this unit yet (juju status duplicity/5)'
unit duplicity/0

step 'removed in the midst of a run: it is ended first, and nobody else is'
cp -a "$PRIVATE/backup.json" sound.json
sleep 60 &
stranger=$!
running 60 $stranger
hooks stop
kill -0 $stranger || fail 'the hook has killed a stranger'
kill $stranger
cp sound.json "$PRIVATE/backup.json"
hooks start
truncate -s 500G data/endless
scheduled backup >/dev/null &
until python3 -c "import json; json.load(open('$PRIVATE/backup.json'))['running']" 2>/dev/null; do sleep 0.05; done
run=$(python3 -c "import json; print(json.load(open('$PRIVATE/backup.json'))['running']['pid'])")
kill -0 "$run" || fail 'the backup is not at work'
hooks stop remove
for i in $(seq 600); do kill -0 "$run" 2>/dev/null || break && sleep 0.05; done
! kill -0 "$run" 2>/dev/null || fail 'the backup goes on'
wait
left=$(find "$ROOT_OF_CHARM" -name "*$DASHED*"; ls -A "$ROOT_OF_CHARM/var/tmp")
[ -z "$left" ] || fail "left after remove: $left"
! grep WARNING "$STATE/log" | grep 'by hand' || fail 'something could not be removed'
rm data/endless
hooks install config-changed start

step 'a scheduled run leaves no core'
truncate -s 500G data/endless
logged env -i PATH=/usr/bin:/bin HOME=/root CHARM_DUPLICITY_ROOT="$ROOT_OF_CHARM" \
        ASAN_OPTIONS="handle_segv=0:${ASAN_OPTIONS:-}" \
        python3 "$SUPPORT/watch.py" core "$CHARM/bin/charm-duplicity" run-backup "$UNIT"
expect_output 'no core'
rm data/endless

step 'no secret is told or left for others to read; the check reads none'
expect_no_secret "$passphrase" 'a new one' 'battery'
if needs_root 'what another account may read of the unit'; then
        for file in private/config.json run; do
                ! setpriv --reuid=65534 --regid=65534 --clear-groups cat "$PRIVATE/$file" >/dev/null 2>&1 ||
                        fail "anybody may read $file"
        done
fi
