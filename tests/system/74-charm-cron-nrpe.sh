# What the charm has written, in the hands of those it is for: a real cron daemon runs the backup, a real NRPE server
# answers check_nrpe. Both have folders that cannot be chosen, so all happens in a mount namespace where scratch folders
# lie over those; paths are the real ones.
[ "$(id -u)" = 0 ] || lacks 'cron and mount namespaces are for root'
if [ -z "${IN_NAMESPACE:-}" ]; then
        unshare -m true 2>/dev/null || lacks 'no mount namespaces here'
        export IN_NAMESPACE=1 ROOT_OF_CHARM='' AGENTS=/var/lib/juju/agents
        exec unshare -m --propagation slave bash -euo pipefail -c '. "$SUPPORT/system.sh"; . "$0"; check_scratch' \
                "$ROOT/tests/system/74-charm-cron-nrpe.sh"
fi
. "$SUPPORT/charm.sh"
mkdir -p machine/{run,nagios/nrpe.d,cron.d,var/{tmp,log,cache,lib/nagios/export,spool/cron/crontabs}}
chmod 1730 machine/var/spool/cron/crontabs
ln -s /run machine/var/run
mount --bind machine/var /var
mount --bind machine/run /run
mount --bind machine/cron.d /etc/cron.d
mount --bind machine/nagios/nrpe.d /etc/nagios/nrpe.d
mount --bind /dev/null /etc/crontab
make_stand_ins
mkdir -p data far
echo one >data/file

step 'the hooks write the schedule and the checks where the daemons look'
deploy duplicity/0
hooks install start
configure backend=file remote_backup_url="$T/far" encryption_passphrase='correct horse' aux_backup_directory="$T/data" \
        backup_frequency='* * * * *'
juju relate nrpe-external-master:1 nrpe/0 nagios_hostname=host-0
relation_hook nrpe-external-master-relation-changed nrpe-external-master:1 nrpe/0
expect_unit active Ready
ls /etc/cron.d /etc/nagios/nrpe.d

step 'NRPE runs the checks as its own user'
port=$((20000 + RANDOM % 8000))
cat >nrpe.cfg <<END
server_address=127.0.0.1
server_port=$port
nrpe_user=nagios
nrpe_group=nagios
allowed_hosts=127.0.0.1
command_timeout=60
include_dir=/etc/nagios/nrpe.d
END
chmod 644 nrpe.cfg
cron -f </dev/null >cron.log 2>&1 &
cron=$!
nrpe -n -f -c "$T/nrpe.cfg" </dev/null >nrpe.log 2>&1 &
nrpe=$!
trap 'kill $cron $nrpe 2>/dev/null || true' EXIT
asked() { # asked STATUS TEXT [CHECK]
        local status tries
        for tries in $(seq 100); do
                status=0
                /usr/lib/nagios/plugins/check_nrpe -n -H 127.0.0.1 -p "$port" -c "check_${3:-backups}" >out 2>&1 ||
                        status=$?
                grep -q refused out || break # it is up
                sleep 0.1
        done
        cat out
        [ $status = "$1" ] || fail "check_nrpe ended with $status instead of $1"
        case $(cat out) in "$2"*) ;; *) fail "the answer does not begin with '$2'" ;; esac
}
asked 0 'OK: no backup yet, none is due'
asked 0 'OK: old backups are kept' deletions

step 'cron runs the backup'
tries=0
until grep -q '"last-good"' /var/lib/charm-duplicity/duplicity-0/backup.json 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 800 ] || fail "cron has run no backup: $(cat cron.log /var/log/duplicity/*.log)"
        kill -0 $cron || fail "cron has ended: $(cat cron.log)"
        sleep 0.1
done
kill $cron
grep ' full backup complete: 2 files' /var/log/duplicity/duplicity-0.log
asked 0 'OK: last backup 20'
grep -q "'age'=[0-9]*s" out || fail 'no performance data'
hooks update-status
expect_unit_like '^active: Ready \(last backup .* full\)$'

step 'what goes wrong is told through NRPE'
rm -rf far && echo >far
expect_status 1 env -i PATH=/usr/bin:/bin HOME=/root "$CHARM/bin/charm-duplicity" run-backup duplicity/0
asked 1 'WARNING: the last backup failed at '
configure backup_frequency='* * * *'
asked 2 'CRITICAL: no backups are made: Invalid value "* * * *" for "backup_frequency"'
rm /var/lib/charm-duplicity/duplicity-0/plan.json
asked 3 'UNKNOWN: '
