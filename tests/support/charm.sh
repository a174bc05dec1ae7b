# What the tests of the charm share: a machine below $T/root, Juju's side of it, and units of the charm, run as Juju
# runs them.

ROOT_OF_CHARM=${ROOT_OF_CHARM-$T/root}
AGENTS=${AGENTS:-$T/agents}
STAND_INS=$T/stand-ins
MACHINE=$STAND_INS/machine
HOOK_TOOLS='config-get status-set status-get juju-log application-version-set relation-ids relation-list relation-get
        relation-set action-get action-set action-fail action-log'

# A machine with cron and gnupg installed, and nothing else of what the charm may want.
new_machine() {
        mkdir -p "$ROOT_OF_CHARM"/{etc/{cron.d,apt/sources.list.d,apt/trusted.gpg.d},var/{tmp,lib,log,run},root/.ssh} \
                "$ROOT_OF_CHARM/usr/local/lib/nagios/plugins"
        printf 'ID=ubuntu\nVERSION_CODENAME="jammy"\n' >"$ROOT_OF_CHARM/var/lib/os-release"
        ln -s ../var/lib/os-release "$ROOT_OF_CHARM/etc/os-release" # as Debian and Ubuntu have it
        make_stand_ins
}

make_stand_ins() {
        local name
        mkdir -p "$MACHINE"
        for name in apt-get apt-mark dpkg-query add-apt-repository systemctl service curl; do
                ln -s "$ROOT/tests/charm/stand-in" "$STAND_INS/$name"
        done
        printf '%s\n' gnupg cron >"$MACHINE/installed"
        : >"$MACHINE/commands"
}

# unit UNIT: the one that is meant from now on
unit() {
        UNIT=$1 DASHED=${1/\//-}
        AGENT=$AGENTS/unit-$DASHED CHARM=$AGENTS/unit-$DASHED/charm TOOLS=$AGENTS/tools/unit-$DASHED
        STATE=$T/juju/$DASHED
        PRIVATE=$ROOT_OF_CHARM/var/lib/charm-duplicity/$DASHED
}

# deploy UNIT [JUJU-VERSION]: unpacks the charm; no hook runs yet
deploy() {
        local name
        unit "$1"
        mkdir -p "$CHARM/bin" "$STATE" "$TOOLS"
        cp -a "$ROOT"/{hooks,actions,templates,metadata.yaml,config.yaml,actions.yaml} "$CHARM/"
        cp "$PROG" "$CHARM/bin/charm-duplicity"
        for name in $HOOK_TOOLS; do ln -sf "$ROOT/tests/charm/hook-tool" "$TOOLS/$name"; done
        echo "${2:-3.6.26}" >"$STATE/juju"
        python3 "$SUPPORT/juju.py" deploy "$STATE" "$CHARM"
}

# juju VERB...: of the unit (tests/support/juju.py)
juju() { "$SUPPORT/juju.py" "$1" "$STATE" "${@:2}"; }

# Passphrases of the unit become keys in no time.
quick_keys() {
        echo 's2k-count 65536' | tee "$PRIVATE/private/gnupg/gpg.conf" >"$PRIVATE/private/gnupg/gpg-agent.conf"
}

# dispatch FOLDER NAME [VARIABLE=VALUE...]: runs a hook or an action in the environment that Juju makes, and takes back
# what was set in relations when it fails. The output goes to the file out. What has no link is passed over, as Juju
# does.
dispatch() {
        local folder=$1 name=$2 status=0 version
        version=$(cat "$STATE/juju")
        [ -e "$CHARM/$folder/$name" ] || return 0
        [ ! -e "$STATE/relations.json" ] || cp "$STATE/relations.json" "$STATE/relations.before"
        local environment=(
                CHARM_DIR="$CHARM" JUJU_CHARM_DIR="$CHARM" JUJU_CONTEXT_ID="$UNIT-$name-4711"
                JUJU_DISPATCH_PATH="$folder/$name"
                JUJU_AGENT_SOCKET_ADDRESS=@"$AGENT"/agent.socket JUJU_AGENT_SOCKET_NETWORK=unix JUJU_UNIT_NAME="$UNIT"
                JUJU_MODEL_NAME=backups JUJU_MODEL_UUID=65a9b2d0-0b3c-4d3e-8f7a-1b2c3d4e5f60
                JUJU_API_ADDRESSES=10.0.0.1:17070
                JUJU_MACHINE_ID=0 JUJU_PRINCIPAL_UNIT=ubuntu/0 JUJU_AVAILABILITY_ZONE=nova JUJU_VERSION="$version"
                CLOUD_API_VERSION=
                JUJU_CHARM_HTTP_PROXY= JUJU_CHARM_HTTPS_PROXY= JUJU_CHARM_FTP_PROXY=
                JUJU_CHARM_NO_PROXY=127.0.0.1,localhost,::1
                LANG=C.UTF-8 TERM=tmux-256color DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none
                PATH="$TOOLS:$STAND_INS:/usr/sbin:/usr/bin:/sbin:/bin"
                JUJU_STAND_IN="$STATE" CHARM_DUPLICITY_ROOT="$ROOT_OF_CHARM"
                ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}"
        )
        case $version in
        2.*) environment+=(JUJU_SLA=unsupported JUJU_METER_STATUS='NOT SET' JUJU_METER_INFO='not set') ;;
        3.*) environment+=(JUJU_SLA=unsupported) ;;
        *) environment+=(JUJU_CHARM_TRACE_CONFIG_ENDPOINT=) ;;
        esac
        (cd "$CHARM" && exec env -i "${environment[@]}" "${@:3}" "$CHARM/$folder/$name") </dev/null >"$T/out" 2>&1 ||
                status=$?
        if [ $status != 0 ] && [ -e "$STATE/relations.before" ]; then
                mv "$STATE/relations.before" "$STATE/relations.json"
        fi
        return $status
}

# hook NAME [VARIABLE=VALUE...]
hook() {
        printf '+ hook %s of %s\n' "$1" "$UNIT"
        local status=0
        dispatch hooks "$1" JUJU_HOOK_NAME="$1" "${@:2}" || status=$?
        [ $status = 0 ] || sed 's/^/    /' "$T/out"
        return $status
}

# hooks NAME...: one after the other, each has to succeed
hooks() {
        local name
        for name; do hook "$name" || fail "the hook $name failed"; done
}

# relation_hook NAME ID [REMOTE-UNIT]
relation_hook() {
        hook "$1" JUJU_RELATION="${2%:*}" JUJU_RELATION_ID="$2" JUJU_REMOTE_UNIT="${3:-}" JUJU_REMOTE_APP=nrpe
}

# configure NAME=VALUE...: `juju config`, and the hook that follows
configure() {
        juju config "$@"
        hooks config-changed
}

# action NAME [PARAMETER=VALUE...]: has to exit with 0, whatever comes of it
action() {
        printf '+ action %s\n' "$*"
        ACTIONS=$((${ACTIONS:-0} + 1))
        juju action "${@:2}"
        rm -f "$STATE/results.json" "$STATE/failed" "$STATE/progress"
        dispatch actions "$1" JUJU_HOOK_NAME= JUJU_ACTION_NAME="$1" JUJU_ACTION_UUID=$ACTIONS \
                JUJU_ACTION_TAG=action-$ACTIONS ||
                fail "the action $1 exited with $?: $(cat "$T/out")"
        [ ! -e "$STATE/failed" ] || sed 's/^/    failed: /' "$STATE/failed"
}

# good_action NAME [PARAMETER=VALUE...]; bad_action TEXT NAME [PARAMETER=VALUE...]: it fails, and the message has TEXT
good_action() {
        action "$@"
        [ ! -e "$STATE/failed" ] || fail "the action $1 failed"
}
bad_action() {
        action "${@:2}"
        [ -e "$STATE/failed" ] || fail "the action $2 succeeded: $(juju show results.json output)"
        grep -qF -e "$1" "$STATE/failed" || fail "the action's message lacks '$1'"
}

# result KEY; expect_result KEY TEXT: the result contains it
result() { juju show results.json "$1"; }
expect_result() {
        local text
        text=$(result "$1")
        grep -qF -e "$2" <<<"$text" || fail "the result $1 lacks '$2': ${text:0:1000}"
}

# expect_unit STATUS MESSAGE: what juju status shows
expect_unit() {
        local shown
        shown="$(juju show status.json status): $(juju show status.json message)"
        [ "$shown" = "$1: $2" ] || fail "the unit's status is '$shown' instead of '$1: $2'"
}
# expect_unit_like PATTERN: of "STATUS: MESSAGE"
expect_unit_like() {
        local shown
        shown="$(juju show status.json status): $(juju show status.json message)"
        grep -qE -e "$1" <<<"$shown" || fail "the unit's status is '$shown', not like '$1'"
}

# cron_file KIND: backup or deletion
cron_file() { printf %s "$ROOT_OF_CHARM/etc/cron.d/periodic_$1-$DASHED"; }

# scheduled KIND [COMMAND...]: what cron would run, with cron's environment; by COMMAND
scheduled() {
        local status=0
        env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                CHARM_DUPLICITY_ROOT="$ROOT_OF_CHARM" ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
                UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" \
                "${@:2}" "$CHARM/bin/charm-duplicity" "run-$1" "$UNIT" </dev/null >"$T/out" 2>&1 || status=$?
        sed 's/^/    /' "$T/out"
        return $status
}

# plugin KIND: the Nagios check, as an account that may read nothing of others where we are root
plugin() {
        local as=() status=0
        [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        "${as[@]}" env -i PATH=/usr/bin:/bin CHARM_DUPLICITY_ROOT="$ROOT_OF_CHARM" ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
                "$CHARM/bin/charm-duplicity" "check-$1" "$UNIT" </dev/null >"$T/out" 2>&1 || status=$?
        sed 's/^/    /' "$T/out"
        return $status
}

# expect_plugin STATUS KIND TEXT: the line begins with TEXT
expect_plugin() {
        expect_status "$1" plugin "$2"
        [ "$(wc -l <"$T/out")" = 1 ] || fail 'the check says more than one line'
        [ "$(wc -c <"$T/out")" -le 1024 ] || fail 'the check says more than NRPE takes'
        case $(cat "$T/out") in "$3"*) ;; *) fail "the check does not say '$3'" ;; esac
}

# expect_no_secret TEXT...: none of what the unit has told anybody, nor what anybody may read, holds it
expect_no_secret() {
        local text found told="log status.json status-history results.json failed progress relations.json"
        for text; do
                found=$(cd "$STATE" && grep -rlF -e "$text" $told \
                        "$MACHINE/commands" "$T/out" "$ROOT_OF_CHARM/var/log" 2>/dev/null || true)
                [ -z "$found" ] || fail "'$text' is in $found"
                found=$(find "$ROOT_OF_CHARM" -path "*/private" -prune -o -type f -perm /044 -print0 |
                        xargs -0 -r grep -lF -e "$text" || true)
                [ -z "$found" ] || fail "'$text' is readable for all in $found"
        done
}
