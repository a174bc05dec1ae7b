# The charm's hooks, run as Juju runs them: what they make of a machine, what they show, and that nothing stale is left.
. "$SUPPORT/charm.sh"
new_machine
good=(backend=file remote_backup_url="$T/far" aux_backup_directory="$T/data"
        encryption_passphrase='correct horse; "battery"')

# Each action of the charm once, as the unit's Juju runs it: it succeeds, and has something to say.
each_action() {
        local call calls=(do-backup create-backup list-backups collection-status list-current-files verify check
                "restore target=$T/restored-$DASHED" 'remove-older-than time=1Y' 'remove-all-but-n-full count=1'
                'remove-all-inc-of-but-n-full count=1' 'cleanup force=true' check-connection)
        diff <(printf '%s\n' "${calls[@]%% *}" | sort) <(ls "$CHARM/actions" | LC_ALL=C sort) ||
                fail 'these are not all actions'
        for call in "${calls[@]}"; do
                good_action $call
                [ -n "$(result output)" ] || fail "the action $call says nothing"
        done
        same_tree "$T/data" "$T/restored-$DASHED"
}

# The unit's life with Nagios, from the relation's first hook to its last.
each_relation_hook() {
        local id=nrpe-external-master:$1
        juju relate "$id" nrpe/0 nagios_hostname=host
        relation_hook nrpe-external-master-relation-joined "$id" nrpe/0
        relation_hook nrpe-external-master-relation-changed "$id" nrpe/0
        [ -e "$ROOT_OF_CHARM/etc/nagios/nrpe.d/check_backups-${UNIT%/*}.cfg" ] || fail 'there is no check'
        relation_hook nrpe-external-master-relation-broken "$id"
        juju part "$id"
        [ -z "$(ls -A "$ROOT_OF_CHARM/etc/nagios/nrpe.d")" ] || fail 'a check is left when the relation is gone'
}

step 'the stand-in for Juju is as strict as Juju'
refused() { # STATUS TOOL WORD...
        local status=0
        (cd "$TOOLS" && env "${context[@]}" "./$2" "${@:3}" >"$T/out" 2>&1) || status=$?
        [ $status = "$1" ] && grep -q ^ERROR "$T/out" || fail "${*:2} ended with $status: $(cat "$T/out")"
}
deploy strict/0
context=(JUJU_CONTEXT_ID=1 JUJU_UNIT_NAME=strict/0 JUJU_VERSION=3.6.26 JUJU_STAND_IN="$STATE")
refused 2 config-get --no-such-option
refused 2 config-get --format=xml
refused 2 config-get backend exclude
refused 2 status-set 'message first' active
refused 2 status-set active -- message surplus
refused 2 juju-log -free text
refused 2 relation-ids
refused 2 relation-get -r nowhere:7 - strict/0
refused 1 action-get
refused 1 action-set output=x
context+=(JUJU_ACTION_NAME=do-backup)
refused 2 action-set Output=x
refused 2 action-set no_under=x
refused 1 action-set stdout=x
refused 2 action-fail -x
context=(JUJU_STAND_IN="$STATE")
refused 1 config-get

step 'deployed without a config: nothing is backed up, and that is no error'
mkdir -p "$ROOT_OF_CHARM/etc/nagios/nrpe.d"
for version in 2.9.52 3.6.26 4.0.13; do
        deploy "flavour-v${version%%.*}/0" $version
        hooks install config-changed start update-status upgrade-charm config-changed
        expect_unit active 'Backups are disabled: set "backend" to enable them'
        [ ! -e "$(cron_file backup)" ] || fail 'there is a schedule'
        "$PROG" --version | grep -qF " $(juju show version)" || fail "the version shown is $(juju show version)"
        configure "${good[@]}"
        expect_unit active Ready
        [ -z "$(ls -A "$ROOT_OF_CHARM/etc/cron.d")" ] || fail 'something is scheduled before backup_frequency is set'
        quick_keys
        each_action
        each_relation_hook "${version%%.*}"
        hooks stop remove
        left=$(cd "$ROOT_OF_CHARM" && ls -d var/{lib,cache}/charm-duplicity var/log/duplicity 2>/dev/null || true)
        [ -z "$left" ] || fail "left when the last unit has gone: $left"
done
rm -r "$ROOT_OF_CHARM/etc/nagios"

good+=(backup_frequency=daily)

step 'each rule that is broken blocks, in the words known from before, and takes the schedules away'
deploy duplicity/0
hooks install config-changed start
configure "${good[@]}" retention_period=30d
expect_unit active Ready
blocked() {
        local words=$1
        shift
        configure "$@"
        expect_unit blocked "$words"
        [ -z "$(ls -A "$ROOT_OF_CHARM/etc/cron.d")" ] || fail "a schedule is left: $*"
}
blocked 'Unrecognized backend "tape"' backend=tape
blocked 'Backup path is required. Set config for "remote_backup_url"' backend=FILE remote_backup_url=
blocked 'S3 backups require "aws_access_key_id" and "aws_secret_access_key" to be set' backend=S3 \
        remote_backup_url=bucket
blocked 'Azure backups require "azure_connection_string"' backend=azure
blocked 'scp backend requires known_host_key and either "remote_password" or "private_ssh_key" to be set' backend=scp
blocked 'rsync backend requires private_ssh_key. remote_password auth not supported' backend=rsync
blocked 'Invalid private_ssh_key. ensure that key is base64 encoded' backend=sftp known_host_key='h ssh-rsa A' \
        private_ssh_key=x
blocked 'Must set either an encryption passphrase, GPG public key, or disable encryption' backend=file \
        remote_backup_url="$T/far" \
        private_ssh_key= known_host_key= encryption_passphrase=
blocked 'Invalid value "30 2 * *" for "backup_frequency"' "${good[@]}" backup_frequency='30 2 * *'
blocked 'Invalid value "1w" for "retention_period"' backup_frequency=daily retention_period=1w
blocked 'Invalid value "weekly" for "deletion_frequency"' retention_period=30d deletion_frequency=weekly
blocked 'Invalid value for "keep_daily": it has to be a whole number, 0 or more' deletion_frequency=daily keep_daily=-1
blocked 'Invalid value "@Daily" for "backup_frequency"' keep_daily=0 backup_frequency=@Daily
blocked 'Invalid value "0 0 31 2 *" for "backup_frequency": there is no such day, it would never run' \
        backup_frequency='0 0 31 2 *'
touch file
configure backup_frequency=daily aux_backup_directory="$T/file/below"
expect_unit_like '^blocked: "aux_backup_directory": .*/file'
configure aux_backup_directory="$T/data"
expect_unit active Ready

step 'schedules'
cat >expected <<END
# backups of the Juju unit duplicity/0, written by its charm: changes are lost.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
MAILTO=""
@daily root $CHARM/bin/charm-duplicity run-backup duplicity/0 >/dev/null 2>&1
END
diff expected "$(cron_file backup)" || fail 'the cron file is another'
[ "$(stat -c %a "$(cron_file backup)")" = 644 ] || fail 'cron wants mode 644'
grep -q '^0 23 \* \* \* root .* run-deletion duplicity/0 ' "$(cron_file deletion)" ||
        fail 'deletions have another schedule'
schedule() { # schedule OPTION VALUE KIND LINE
        configure "$1=$2"
        grep -qF "$4 root " "$(cron_file "$3")" || fail "$1 $2 gives $(tail -n 1 "$(cron_file "$3")")"
}
schedule backup_frequency hourly backup @hourly
schedule backup_frequency Monthly backup @monthly
schedule backup_frequency '*/15 1-5,8 1 jan,feb MON-fri' backup '*/15 1-5,8 1 jan,feb MON-fri'
schedule deletion_frequency hourly deletion '40 * * * *'
configure backup_frequency=manual retention_period=manual
[ -z "$(ls -A "$ROOT_OF_CHARM/etc/cron.d")" ] || fail 'manual leaves a schedule'
configure backup_frequency=weekly keep_daily=7
[ -e "$(cron_file deletion)" ] || fail 'a keep option alone schedules no deletions'
touch -d 2001-01-01 "$(cron_file backup)"
hooks update-status config-changed
[ "$(stat -c %Y "$(cron_file backup)")" = "$(date -d 2001-01-01 +%s)" ] ||
        fail 'a cron file that is right was written again'
[ "$(uniq "$STATE/status-history" | wc -l)" = "$(wc -l <"$STATE/status-history")" ] ||
        fail 'a status was set that the unit has already'

step 'the snapshot, and files of secrets, are private; what options no longer want goes'
key=$(printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----' | base64 -w0)
openssl req -x509 -newkey ed25519 -nodes -subj /CN=test -keyout /dev/null -out ca.pem 2>/dev/null
configure backend=sftp remote_backup_url=h/x remote_user=u remote_password='s3cret/pass' \
        known_host_key='h ssh-ed25519 AAAA' private_ssh_key="$key"
configure "tls_ca_certificate@ca.pem"
expect_unit active Ready
[ "$(stat -c %a "$PRIVATE/private")" = 700 ] || fail 'the private folder is not'
for file in config.json ssh_key known_hosts ca.pem; do
        [ "$(stat -c %a "$PRIVATE/private/$file")" = 600 ] || fail "$file is not private"
done
[ "$(tail -n 1 "$PRIVATE/private/ssh_key")" = '-----END OPENSSH PRIVATE KEY-----' ] || fail 'the key lost its end'
grep -q 's3cret/pass' "$PRIVATE/private/config.json" || fail 'the snapshot has no password'
expect_no_secret 's3cret/pass' 'correct horse' "$key" abc
configure private_ssh_key= tls_ca_certificate=
[ ! -e "$PRIVATE/private/ssh_key" ] || fail 'an ssh key that was taken back is still there'
[ ! -e "$PRIVATE/private/ca.pem" ] || fail 'certificates that were taken back are still there'
configure backend= known_host_key= remote_password=
expect_unit active 'Backups are disabled: set "backend" to enable them'
[ ! -e "$PRIVATE/private/known_hosts" ] || fail 'known hosts are left when backups are disabled'
! grep -q s3cret "$PRIVATE/private/config.json" || fail 'a password that was taken back is still in the snapshot'

step 'keys to encrypt to: armoured ones in a keyring of the unit, others in that of root'
gpg --armor --export reader >reader.asc
gpg --armor --export stranger >stranger.asc
READER=$(sed -n 1p "$GNUPGHOME/fingerprints")
STRANGER=$(sed -n 3p "$GNUPGHOME/fingerprints")
keys_of() {
        gpg --homedir "$PRIVATE/private/gnupg" --batch --with-colons --list-keys 2>/dev/null |
                awk -F: '$1 == "pub" { f = 1 } $1 == "fpr" && f { print $10; f = 0 }'
}
configure "${good[@]}" encryption_passphrase= "gpg_public_key@reader.asc"
expect_unit active Ready
[ "$(keys_of)" = "$READER" ] || fail "the unit's keyring holds $(keys_of)"
configure "gpg_public_key@stranger.asc"
[ "$(keys_of)" = "$STRANGER" ] || fail "after another key the unit's keyring holds $(keys_of)"
printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----\n' >broken.asc
configure "gpg_public_key@broken.asc"
expect_unit_like '^blocked: Invalid "gpg_public_key": gpg cannot read it'
[ -z "$(keys_of)" ] || fail 'the former key is still in use'

# keys that change, and do not live for ever
owner() { gpg --batch --quiet --passphrase '' --pinentry-mode loopback "$@"; }
key_of() { gpg --with-colons --list-keys "$1" | awk -F: '$1 == "fpr" { print $10; exit }'; }
export_key() { gpg --armor --export "$1" >"$1.asc"; }
owner --quick-generate-key ages future-default default 1d
AGES=$(key_of ages)
export_key ages
configure "gpg_public_key@ages.asc"
expect_unit active Ready
life() { gpg --homedir "$PRIVATE/private/gnupg" --batch --with-colons --list-keys | awk -F: '$1 == "pub" { print $7 }'; }
first_life=$(life)
touch -d 2001-01-01 "$PRIVATE/private/gnupg/pubring.kbx"
hooks update-status
[ "$(stat -c %Y "$PRIVATE/private/gnupg/pubring.kbx")" = "$(date -d 2001-01-01 +%s)" ] ||
        fail 'a keyring that is right was made again'
owner --quick-set-expire "$AGES" 2y
owner --quick-set-expire "$AGES" 2y '*'
export_key ages
configure "gpg_public_key@ages.asc"
expect_unit active Ready
[ "$(life)" -gt "$first_life" ] || fail 'a renewed key has not arrived'
printf 'faked-system-time 20400101T000000\n' >"$PRIVATE/private/gnupg/gpg.conf"
hooks update-status
expect_unit blocked "\"gpg_public_key\": the key $AGES has expired: renew it and set it again, or set another one"
[ ! -e "$(cron_file backup)" ] || fail 'backups to an expired key are scheduled'
rm "$PRIVATE/private/gnupg/gpg.conf"
hooks update-status
expect_unit active Ready
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$AGES.rev" | gpg --batch --quiet --import
export_key ages
configure "gpg_public_key@ages.asc"
expect_unit blocked "\"gpg_public_key\": the key $AGES is revoked: renew it and set it again, or set another one"
owner --quick-generate-key signs ed25519 sign never
export_key signs
configure "gpg_public_key@signs.asc"
expect_unit_like "^blocked: \"gpg_public_key\": the key $(key_of signs) has no subkey for encryption that is valid now:"

configure gpg_public_key="$READER"
expect_unit_like "^blocked: \"gpg_public_key\": the key $READER is not in root's keyring"
mkdir -p -m 700 "$ROOT_OF_CHARM/root/.gnupg"
gpg --homedir "$ROOT_OF_CHARM/root/.gnupg" --batch --quiet --import reader.asc
hooks update-status
expect_unit active Ready
configure gpg_public_key="0x${READER,,}"
expect_unit active Ready
gpg --homedir "$ROOT_OF_CHARM/root/.gnupg" --batch --quiet --import ages.asc
configure gpg_public_key="$AGES"
expect_unit blocked "\"gpg_public_key\": the key $AGES is revoked: renew it and import it into root's keyring, or set another one"
configure gpg_public_key= encryption_passphrase=x

step 'packages: only what is missing is asked for; offline says which'
: >"$MACHINE/commands"
configure backup_frequency=daily
! grep -qE '^(apt-get|apt-mark)' "$MACHINE/commands" ||
        fail "apt was asked although nothing is missing: $(cat "$MACHINE/commands")"
touch "$MACHINE/offline"
configure extra_packages='nfs-common, jq=1.6'
expect_unit_like '^blocked: Cannot install nfs-common jq=1.6: E: Unable to fetch'
rm "$MACHINE/offline"
hooks update-status
expect_unit active Ready
grep -qx jq "$MACHINE/installed" || fail 'jq is not installed'
echo cron >"$MACHINE/held" # by somebody else
configure package_status=hold
on_hold() { # NAME...: and nothing else
        [ "$(sort "$MACHINE/held" | tr '\n' ' ')" = "$* " ] || fail "on hold are $(cat "$MACHINE/held")"
}
on_hold cron gnupg jq nfs-common
: >"$MACHINE/commands"
hooks update-status
! grep -E '^apt-mark (un)?hold' "$MACHINE/commands" || fail 'what is on hold already is put on hold again'
configure extra_packages=jq=1.6
on_hold cron gnupg jq
configure backend=tape extra_packages=nfs-common # blocked: what is no longer wanted goes all the same
on_hold cron gnupg
configure backend= package_status=install # disabled
on_hold cron
configure "${good[@]}" extra_packages=-y
expect_unit blocked "Invalid \"extra_packages\": '-y' is no package's name"
configure extra_packages= backend=s3 remote_backup_url=bucket aws_access_key_id=a aws_secret_access_key=b
grep -qx ca-certificates "$MACHINE/installed" || fail 'there are no certificates to know servers by'
sed -i /ca-certificates/d "$MACHINE/installed"
touch "$MACHINE/offline"
configure "tls_ca_certificate@ca.pem" # whoever says whom to trust needs no list of others
expect_unit active Ready
rm "$MACHINE/offline"
configure tls_ca_certificate=

step 'package sources: each form, their keys, and all taken back'
sources=$ROOT_OF_CHARM/etc/apt/sources.list.d/charm-$DASHED.list
keys=$ROOT_OF_CHARM/etc/apt/trusted.gpg.d/charm-$DASHED
: >"$MACHINE/commands"
configure "${good[@]}" install_sources='[deb http://a.example/ x main, "ppa:b/c", cloud:jammy-antelope/proposed,
        "cloud:jammy-updates/bobcat", cloud:jammy-proposed/caracal, "cloud:zed/staging", distro, proposed,
        "http://b.example/ubuntu", "deb http://c.example/ {series} main", null]'
expect_unit active Ready
case $(uname -m) in x86_64) archive=archive.ubuntu.com/ubuntu ;; *) archive=ports.ubuntu.com/ubuntu-ports ;; esac
cat >expected <<END
deb http://a.example/ x main
deb http://$archive jammy-proposed main universe multiverse restricted
deb http://b.example/ubuntu jammy main
deb http://c.example/ jammy main
END
diff expected "$sources" || fail 'the sources are others'
printf '%s\n' ppa:b/c cloud-archive:antelope-proposed cloud-archive:bobcat cloud-archive:caracal-proposed \
        ppa:ubuntu-cloud-archive/zed-staging >expected
diff expected "$MACHINE/repositories" || fail 'other repositories were added'
grep -q '^apt-get .*update$' "$MACHINE/commands" || fail 'nobody asked what the new sources have'
: >"$MACHINE/commands"
hooks update-status
! grep -E '^(apt-get|add-apt)' "$MACHINE/commands" || fail 'sources that did not change were added again'
configure "install_keys@reader.asc" install_sources='deb http://a.example/ y main'
head -n 1 "$keys-0.asc" | grep -q 'BEGIN PGP PUBLIC KEY BLOCK' || fail 'the key is not there'
[ ! -s "$MACHINE/repositories" ] || fail "repositories are left: $(cat "$MACHINE/repositories")"
cp reader.asc "$MACHINE/keyserver"
configure install_keys="[$READER]"
diff reader.asc <(head -n -1 "$keys-0.asc") || fail 'the key of a fingerprint is another'
grep -q "^curl .*&search=0x$READER$" "$MACHINE/commands" || fail 'the key server was asked for another key'
echo '<html>not found</html>' >"$MACHINE/keyserver"
configure install_keys=0x6E85A86E4652B4E6
expect_unit_like '^blocked: "install_keys": cannot fetch the key 6E85A86E4652B4E6 .*: the server.s answer is no key'
touch "$MACHINE/offline"
hooks update-status
expect_unit_like '^blocked: "install_keys": cannot fetch .*: curl: \(6\) Could not resolve host'
[ ! -e "$sources" ] && [ ! -e "$keys-0.asc" ] || fail 'a source was added without its key'
rm "$MACHINE/offline"
cp reader.asc "$MACHINE/keyserver"
hooks update-status
expect_unit active Ready
configure install_keys= install_sources='[deb https://u:s0urce-pass@a.example/ y main]'
[ "$(cat "$sources")" = 'deb https://u:s0urce-pass@a.example/ y main' ] || fail "the sources are $(cat "$sources")"
[ ! -e "$keys-0.asc" ] || fail 'a key that is no longer wanted is left'
[ "$(stat -c %a "$sources")" = 600 ] || fail 'everybody may read the password of a source'
expect_no_secret s0urce-pass
refuse() { # TEXT OPTION=VALUE...
        configure "${@:2}"
        expect_unit_like "^blocked: .*$1"
        [ ! -e "$sources" ] || fail "a source was added beside one that was refused: $(cat "$sources")"
}
refuse 'Entry 1 of "install_keys" is no key: ' install_keys=4652B4E6 install_sources=ppa:b/c
refuse '"install_keys" has 2 entries, and "install_sources" 1' install_keys='[null, null]'
refuse 'entry 2 of "install_sources": it must be' install_keys= install_sources='[distro, universe]'
refuse 'entry 1 of "install_sources": it is not for this machine.s release' install_sources=cloud:focal-yoga
refuse 'entry 1 .* pockets are updates, proposed and staging' install_sources=cloud:jammy-zed/main
refuse 'entry 1 .* has a character that no' install_sources=ppa:u:s0urce-pass@x/y
echo ID=debian >"$ROOT_OF_CHARM/etc/os-release"
refuse 'entry 1 .*: only Ubuntu has it' install_sources=proposed
printf 'ID=ubuntu\nVERSION_CODENAME="jammy"\n' >"$ROOT_OF_CHARM/etc/os-release"
configure install_sources='[deb http://a.example/ x main, ppa:b/c]' install_keys='[null, null]'
expect_unit active Ready
touch "$MACHINE/offline"
configure backend=tape install_sources= install_keys= # blocked, and the repository cannot be taken back yet
[ ! -e "$sources" ] || fail 'a source that is no longer wanted is left while the unit is blocked'
grep -qF "WARNING cannot take the package source 'ppa:b/c' back" "$STATE/log" || fail 'nobody was told'
rm "$MACHINE/offline"
hooks update-status
[ ! -s "$MACHINE/repositories" ] || fail 'a repository that is no longer wanted is left while the unit is blocked'
configure "${good[@]}"
expect_unit active Ready

step 'a hook that fails half-way is run again, and then all is well'
rm -rf "$ROOT_OF_CHARM/etc/cron.d"
touch "$ROOT_OF_CHARM/etc/cron.d"
juju config backup_frequency=hourly
expect_status 1 hook config-changed
expect_output "/etc/cron.d"
rm "$ROOT_OF_CHARM/etc/cron.d"
mkdir "$ROOT_OF_CHARM/etc/cron.d"
hooks config-changed
grep -q @hourly "$(cron_file backup)" || fail 'the schedule was not written'

step 'two applications on one machine, and two units of one, do not meet'
export_folder=$ROOT_OF_CHARM/var/lib/nagios/export
mkdir -p "$ROOT_OF_CHARM/etc/nagios/nrpe.d" "$export_folder"
relate_to_nrpe() { # ID [HOST]
        juju relate "nrpe-external-master:$1" nrpe/0 ${2:+nagios_hostname="$2"}
        relation_hook nrpe-external-master-relation-joined "nrpe-external-master:$1" nrpe/0
        relation_hook nrpe-external-master-relation-changed "nrpe-external-master:$1" nrpe/0
}
relate_to_nrpe 3 juju-host-0
deploy db-backup/7 4.0.13
hooks install start
configure "${good[@]}" backup_frequency=weekly nagios_context=prod nagios_servicegroups=dr,db
relate_to_nrpe 4
deploy duplicity/1 2.9.52
hooks install start
configure "${good[@]}"
relate_to_nrpe 5
expect_names() { # FOLDER NAME...: this is all that is in it
        [ "$(ls "$ROOT_OF_CHARM/$1" | tr '\n' ' ')" = "${*:2} " ] || fail "in $1 are $(ls "$ROOT_OF_CHARM/$1")"
}
expect_names etc/cron.d periodic_backup-db-backup-7 periodic_backup-duplicity-0 periodic_backup-duplicity-1 \
        periodic_deletion-duplicity-0
expect_names etc/nagios/nrpe.d check_backups-db-backup.cfg check_backups-duplicity-1.cfg check_backups.cfg \
        check_deletions-db-backup.cfg check_deletions-duplicity-1.cfg check_deletions.cfg
grep -q '^command\[check_backups\]=.*/unit-duplicity-0/charm/bin/charm-duplicity check-backups duplicity/0$' \
        "$ROOT_OF_CHARM/etc/nagios/nrpe.d/check_backups.cfg" || fail 'check_backups is of another unit'
unit duplicity/0
cat >expected <<END
#---------------------------------------------------
# This file is Juju managed
#---------------------------------------------------
define service {
    use                             active-service
    host_name                       juju-host-0
    service_description             juju-host-0[backups] Check that periodic backups have not failed.
    check_command                   check_nrpe!check_backups
    servicegroups                   juju
}
END
diff expected "$export_folder/service__juju-host-0_check_backups.cfg" || fail 'the export is another'
unit db-backup/7
grep -q '^# servicegroups: dr,db$' "$ROOT_OF_CHARM/etc/nagios/nrpe.d/check_backups-db-backup.cfg" ||
        fail 'no servicegroups'
[ -e "$export_folder/service__prod-db-backup-7_check_backups-db-backup.cfg" ] ||
        fail "the exports are $(ls "$export_folder")"
[ "$(juju show relations.json nrpe-external-master:4 own primary)" = False ] || fail 'it says that it is the primary'
juju show relations.json nrpe-external-master:4 own monitors | python3 -c '
import sys, yaml
remote = yaml.safe_load(sys.stdin)["monitors"]["remote"]
wanted = {name: {"command": "check_" + name} for name in ("backups-db-backup", "deletions-db-backup")}
assert remote == {"nrpe": wanted}, remote'
grep -qE '^(systemctl restart nagios-nrpe-server|service nagios-nrpe-server restart)$' "$MACHINE/commands" ||
        fail 'the service was not restarted'
: >"$MACHINE/commands"
hooks update-status
! grep -q nagios "$MACHINE/commands" || fail 'the service was restarted although nothing changed'

step 'Nagios: a name of the host that changes, a wrong context, the end of the relation'
configure nagios_context=staging
[ "$(ls "$export_folder" | grep -c db-backup)" = 2 ] ||
        fail "exports of the former host are left: $(ls "$export_folder")"
[ -e "$export_folder/service__staging-db-backup-7_check_backups-db-backup.cfg" ] || fail 'the new host has no export'
configure nagios_context=../../x backend=
expect_unit_like '^blocked: Invalid value "../../x" for "nagios_context"'
[ "$(ls "$export_folder" | grep -c staging)" = 2 ] || fail 'a wrong context has changed the exports'
configure nagios_context=prod backend=file
unit duplicity/1
relation_hook nrpe-external-master-relation-broken nrpe-external-master:5
juju part nrpe-external-master:5
! ls "$export_folder" "$ROOT_OF_CHARM/etc/nagios/nrpe.d" | grep duplicity-1 ||
        fail 'checks are left when the relation is gone'
[ -e "$ROOT_OF_CHARM/etc/nagios/nrpe.d/check_backups.cfg" ] || fail 'the other unit lost its checks'

step 'stop and remove: everything of this unit goes, nothing else, and they never fail'
unit duplicity/0
echo kept >"$ROOT_OF_CHARM/var/log/duplicity/$DASHED.log"
mkdir -p "$T/far/$DASHED"
relation_hook nrpe-external-master-relation-broken nrpe-external-master:3
juju part nrpe-external-master:3
configure package_status=hold install_sources='[deb http://a.example/ y main, "ppa:b/c", "ppa:d/e"]'
unit db-backup/7
configure install_sources=ppa:d/e
unit duplicity/0
hooks stop
! ls "$ROOT_OF_CHARM/etc/cron.d" | grep "$DASHED" || fail 'schedules are left after stop'
hooks remove
left=$(find "$ROOT_OF_CHARM" -name "*$DASHED*")
[ -z "$left" ] || fail "left after remove: $left"
[ "$(cat "$MACHINE/held")" = cron ] || fail 'packages are left on hold'
[ "$(sort -u "$MACHINE/repositories")" = ppa:d/e ] || fail "repositories are $(cat "$MACHINE/repositories")"
[ -d "$T/far/$DASHED" ] || fail 'the backups are gone'
hooks stop remove # again, with nothing there
[ -e "$ROOT_OF_CHARM/etc/cron.d/periodic_backup-db-backup-7" ] || fail 'the other application lost its schedule'
unit db-backup/7
configure retention_period=30d
rm "$(cron_file backup)" && mkdir "$(cron_file backup)"
hooks stop
[ ! -e "$(cron_file deletion)" ] || fail 'one schedule that cannot be removed keeps the other'
rm -rf "$ROOT_OF_CHARM/etc/cron.d" && touch "$ROOT_OF_CHARM/etc/cron.d"
hooks stop remove
grep -q '^WARNING .*by hand' "$STATE/log" || fail 'what could not be removed was not told'
[ ! -e "$PRIVATE" ] || fail 'one failure kept the rest from being removed'
rm "$ROOT_OF_CHARM/etc/cron.d" && mkdir "$ROOT_OF_CHARM/etc/cron.d"

step 'upgrade from the predecessor'
cd "$ROOT_OF_CHARM"
line='root /usr/bin/juju-run'
echo "@daily $line dup/1 /var/lib/juju/agents/unit-dup-1/charm/scripts/periodic_backup.py" >etc/cron.d/periodic_backup
echo "0 23 * * * $line dup/10 /var/lib/juju/agents/unit-dup-10/charm/scripts/periodic_deletion.py" \
        >etc/cron.d/periodic_deletion
touch var/run/periodic_backup.{pid,error} usr/local/lib/nagios/plugins/check_backup_status.py \
        root/.ssh/duplicity_id_rsa root/.ssh/known_hosts
echo 'command[check_backups]=/usr/local/lib/nagios/plugins/check_backup_status.py' >etc/nagios/nrpe.d/check_backups.cfg
touch "$export_folder/service__juju-dup-1_check_backups.cfg" "$export_folder/service__other_check_load.cfg"
cd "$T"
deploy dup/1
juju config "${good[@]}"
hooks upgrade-charm config-changed
[ ! -e "$ROOT_OF_CHARM/etc/cron.d/periodic_backup" ] || fail "the predecessor's schedule is left"
[ -e "$ROOT_OF_CHARM/etc/cron.d/periodic_deletion" ] || fail 'the schedule of another unit is gone'
[ -e "$ROOT_OF_CHARM/root/.ssh/duplicity_id_rsa" ] || fail "the key that another unit's predecessor uses is gone"
expect_unit active Ready
[ -e "$(cron_file backup)" ] || fail 'there is no schedule after the upgrade'
rm "$ROOT_OF_CHARM/etc/cron.d/periodic_deletion"
hooks upgrade-charm config-changed
left=$(cd "$ROOT_OF_CHARM" && find etc/cron.d var/run usr root etc/nagios -type f | grep -v gnupg | sort | tr '\n' ' ')
[ "$left" = 'etc/cron.d/periodic_backup-dup-1 root/.ssh/known_hosts ' ] || fail "left of the predecessor: $left"
[ "$(ls "$export_folder")" = service__other_check_load.cfg ] || fail "exports: $(ls "$export_folder")"
relate_to_nrpe 9
[ -e "$ROOT_OF_CHARM/etc/nagios/nrpe.d/check_backups-dup.cfg" ] || fail 'the new check is missing'

step 'whoever is not Juju is told so'
expect_status 1 env -i PATH="$PATH" "$CHARM/hooks/install" >"$T/out" 2>&1
expect_output 'hooks and actions are run by Juju'
