# The packed charm on bare machines: unpacked as Juju does, in a root of Debian that has none of its libraries, it sets
# itself up, backs up by action and by schedule, restores and goes away.
#
# PACKAGE=FILE   a charm that is there already, like that of 'make charm'; otherwise one is made with this compiler
# PACKAGE_ALL=1  in roots of Debian 11, 12 and 13 as far as the charm is for them; otherwise in one. They are kept in
#                build/roots
prog_is_stock && skip 'stock duplicity is no charm'
prog_is_instrumented && skip 'the charm is packed from the release build'
[ "$(id -u)" = 0 ] || lacks 'needs root, for chroot'
command -v debootstrap >/dev/null || lacks 'needs debootstrap'
unshare --mount --pid --fork true || lacks 'needs namespaces'
roots=$ROOT/build/roots
suites='bookworm bullseye trixie'
releases='bullseye 2.31 bookworm 2.36 trixie 2.41'

# bare SUITE: its root in $T/root
bare() {
        local kept=$roots/$1.tar
        [ -e "$kept" ] || make_bare "$1" "$kept" || lacks "Debian's mirror cannot be reached"
        rm -rf "$T/root"
        mkdir "$T/root"
        tar -x -C "$T/root" -f "$kept"
        cp -L /etc/resolv.conf "$T/root/etc/resolv.conf"
}

make_bare() {
        mkdir -p "$roots"
        logged debootstrap --variant=minbase "$1" "$T/new" "$DEBIAN_MIRROR" || return 1
        printf 'exit 101\n' >"$T/new/usr/sbin/policy-rc.d" # no package starts a service
        chmod 755 "$T/new/usr/sbin/policy-rc.d"
        tar -c -C "$T/new" -f "$2.$$" . && mv "$2.$$" "$2"
        rm -rf "$T/new"
}

# in_root COMMAND...: in namespaces of its own, with the environment that Juju gives. NO_NETWORK=1 does what it says.
charm=/var/lib/juju/agents/unit-duplicity-0/charm
in_root() {
        logged unshare --mount --pid --fork --kill-child ${NO_NETWORK:+--net} --mount-proc="$T/root/proc" \
                chroot "$T/root" env -i -C "$charm" PATH=/stand-in:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
                DEBIAN_FRONTEND=noninteractive JUJU_STAND_IN=/stand-in JUJU_CONTEXT_ID=1 \
                JUJU_UNIT_NAME=duplicity/0 JUJU_CHARM_DIR="$charm" CHARM_DIR="$charm" JUJU_VERSION=3.6.0 "$@" </dev/null
}

hook() {
        in_root JUJU_HOOK_NAME="$1" "$charm/hooks/$1"
}

# action NAME PARAMETERS
action() {
        rm -f root/stand-in/failed root/stand-in/results
        printf '%s\n' "$2" >root/stand-in/action.json
        in_root JUJU_ACTION_NAME="$1" "$charm/actions/$1"
        [ ! -e root/stand-in/failed ] || fail "$1: $(cat root/stand-in/failed)"
}

expect_state() {
        grep -qF -e "$1" root/stand-in/status || fail "the status is '$(cat root/stand-in/status)', not '$1'"
}

deploy() {
        local tool
        mkdir -p "root$charm" root/stand-in root/srv/data
        "$ROOT/tools/unpack-charm" "$package" "root$charm"
        for tool in config-get status-set status-get juju-log application-version-set relation-ids action-get \
                action-set action-fail action-log; do
                cp "$ROOT/tests/charm/hook-tool.sh" "root/stand-in/$tool"
        done
        printf '%s\n' '{"aux_backup_directory": "/srv/data", "backend": "file", "remote_backup_url": "/srv/backups",
                "backup_frequency": "daily", "encryption_passphrase": "a passphrase of the test",
                "nagios_context": "juju"}' \
                >root/stand-in/config.json
        for tool in "" usr/; do
                ! ls -d root/"$tool"lib/*/lib{gpgme,rsync,isal,yaml,curl,ssh}.* 2>/dev/null ||
                        fail 'the root is not bare'
        done
}

live() {
        step "$1: offline, it says which package is missing"
        deploy
        NO_NETWORK=1 hook install
        expect_state 'blocked Cannot install gnupg cron'

        step "$1: installed"
        hook install
        hook config-changed
        hook start
        expect_state 'active Ready'
        grep -q "^@daily root $charm/bin/charm-duplicity run-backup duplicity/0" \
                root/etc/cron.d/periodic_backup-duplicity-0

        step "$1: backed up, by action and by what cron would run"
        make_tree root/srv/data/tree
        rm -rf root/srv/data/tree/special
        action do-backup '{}'
        grep -q '^-- type=full' root/stand-in/results
        seq 1000 >root/srv/data/new
        in_root sh -c "$(sed -n 's/^@daily root //p' root/etc/cron.d/periodic_backup-duplicity-0)"
        in_root bin/charm-duplicity check-backups duplicity/0
        expect_output 'OK: last backup'
        find root/srv/backups/duplicity-0 -name '*.gpg' | grep -q . || fail 'nothing is encrypted'

        step "$1: restored"
        action restore '{"target": "/srv/restored"}'
        same_tree root/srv/data root/srv/restored stock-times

        step "$1: gone, but for the backups"
        hook stop
        hook remove
        [ ! -e root/etc/cron.d/periodic_backup-duplicity-0 ]
        [ ! -e root/var/lib/charm-duplicity/duplicity-0 ]
        [ -n "$(ls root/srv/backups/duplicity-0)" ]
}

package=${PACKAGE:-}
if [ -z "$package" ]; then
        step 'packed'
        logged make -C "$ROOT" charm-here CHARM_FOLDER="$T"
        package=$(ls "$T"/duplicity_*.charm)
fi
logged "$ROOT/tools/check-charm" "$package" 9.99

step 'what needs more than libc, or a newer one than allowed, does not pass'
expect_status 1 logged "$ROOT/tools/check-charm" "$package" 2.4
expect_output 'bin/charm-duplicity wants glibc 2.'
expect_output ', newer than 2.4'
mkdir thin
thin=$("$ROOT/tools/pack-charm" --version thin "$PROG" thin) # with this machine's shared libraries, and without them
expect_status 1 logged "$ROOT/tools/check-charm" "$thin" 9.99
expect_output 'bin/charm-duplicity needs libgpgme.so.'

wanted=$(python3 "$ROOT/tools/charm_elf.py" "$package")
tried=
for suite in $suites; do
        has=$(printf '%s' "$releases" | sed "s/.*$suite \([0-9.]*\).*/\1/")
        [ "$(printf '%s\n' "$wanted" "$has" | sort -V | tail -n 1)" = "$has" ] || continue
        bare "$suite"
        live "$suite"
        rm -rf root
        tried=yes
        [ -n "${PACKAGE_ALL:-}" ] || break
done
[ -n "$tried" ] || skip "the charm is for newer releases than these: $suites"
