#!/bin/bash
# Real servers for tests, on loopback and a free port, each with a folder of its own. Sourced by system tests, run by unit tests.
#
# servers.sh sshd FOLDER [LINE...]     an SSH server; LINEs are put in front of its configuration. In FOLDER afterwards: port, pid,
#                                      known_hosts, id_ed25519 (accepted), log. SSHD_PASSWORD: root's password there, and that of
#                                      "us er@x", who is root by another name (root only)
# servers.sh rsyncd FOLDER ROOT        an rsync daemon with the modules open, closed (users tester and us%er@x, password "S3cret pw") and readonly,
#                                      all of them the folder ROOT
# servers.sh freeze|thaw|stop FOLDER  with all that it has started, so sessions end too
# servers.sh again FOLDER              starts a stopped one as it was, on the same port

# Ports that the kernel does not hand out by itself.
server_free_port() {
        local port
        while :; do
                port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
                (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
        done
        echo "$port"
}

# The pid and those of all that it started.
server_family() {
        local child
        echo "$1"
        for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
                server_family "$child"
        done
}

server_pid() {
        local pid
        pid=$(cat "$1/pid" 2>/dev/null) || return 1
        [ "$(stat -c %Y "/proc/$pid" 2>/dev/null)" ] && echo "$pid"
}

server_signal() {
        local pid
        pid=$(server_pid "$2") || return 0
        # shellcheck disable=SC2046 # a list of pids
        kill "-$1" $(server_family "$pid") 2>/dev/null || true
}

# Waits until PIDs have ended: a signal returns before, and until then their port is theirs.
server_await_end() {
        local pid
        for pid; do
                while grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status"; do
                        sleep 0.01
                done
        done
}

server_stop() {
        local pid family=
        pid=$(server_pid "$1") && family=$(server_family "$pid")
        server_signal CONT "$1"
        server_signal KILL "$1"
        # shellcheck disable=SC2086 # a list of pids
        server_await_end $family
        [ ! -e "$1/watchdog" ] || kill -- "-$(cat "$1/watchdog")" 2>/dev/null || true
        rm -f "$1/pid" "$1/watchdog"
}

# server_launch FOLDER: runs its command, again with the next port when that was taken meanwhile. It ends by itself after half an hour,
# should a test be killed.
server_launch() {
        local folder=$1 port
        port=$(cat "$folder/port")
        rm -f "$folder/pid"
        setsid bash -c 'echo $BASHPID >"$0/pid"; . "$0/command"' "$folder" >>"$folder/log" 2>&1 </dev/null 9>&- &
        disown
        setsid bash -c 'sleep 1800; kill -KILL "$0"' $! >/dev/null 2>&1 </dev/null 9>&- &
        echo $! >"$folder/watchdog"
        disown
        for _ in $(seq 300); do
                (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
                sleep 0.02
        done
        tail -n 5 "$folder/log" >&2
        return 1
}

server_sshd() {
        local folder=$1 port line name
        shift
        mkdir -p "$folder"
        port=$(server_free_port)
        echo "$port" >"$folder/port"
        [ -e "$folder/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/host_key"
        [ -e "$folder/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/id_ed25519"
        cp "$folder/id_ed25519.pub" "$folder/authorized_keys"
        for name in '127.0.0.1' '::1' localhost; do
                echo "[$name]:$port $(cut -d ' ' -f 1-2 "$folder/host_key.pub")"
        done >"$folder/known_hosts"
        {
                for line; do echo "$line"; done
                cat <<END
Port $port
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey $folder/host_key
PidFile none
AuthorizedKeysFile $folder/authorized_keys
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
ChallengeResponseAuthentication no
PermitRootLogin yes
MaxStartups 200
MaxAuthTries 20
LogLevel VERBOSE
END
        } >"$folder/config"
        printf 'exec /usr/sbin/sshd -D -e -f %q/config\n' "$folder" >"$folder/command"
        if [ "$(id -u)" = 0 ]; then
                mkdir -p /run/sshd
                [ -z "${SSHD_PASSWORD:-}" ] || server_shadow "$folder"
                unset SSHD_PASSWORD # what is started must not have it in its environment
        fi
        server_launch "$folder"
}

# The server sees copies of the files of users and passwords, in which root has one and another name.
server_shadow() {
        local hash
        hash=$(printf '%s' "$SSHD_PASSWORD" | openssl passwd -6 -stdin)
        awk -F: -v OFS=: -v hash="$hash" '$1 == "root" { $2 = hash } { print } END { print "us er@x", hash, 1, 0, 99999, 7, "", "", "" }' \
                /etc/shadow >"$1/shadow"
        { cat /etc/passwd; echo 'us er@x:x:0:0::/root:/bin/bash'; } >"$1/passwd"
        printf 'auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n' >"$1/pam"
        chmod 600 "$1/shadow"
        cat >"$1/command" <<END
exec unshare -m --propagation slave sh -c 'mount --bind "\$0/shadow" /etc/shadow; mount --bind "\$0/passwd" /etc/passwd
[ ! -e /etc/pam.d/sshd ] || mount --bind "\$0/pam" /etc/pam.d/sshd
exec /usr/sbin/sshd -D -e -f "\$0/config"' '$1'
END
}

server_rsyncd() {
        local folder=$1 root=$2
        mkdir -p "$folder" "$root"
        server_free_port >"$folder/port"
        printf '%s:S3cret pw\n' tester us%er@x >"$folder/secrets"
        chmod 600 "$folder/secrets"
        {
                echo "port = $(cat "$folder/port")"
                echo 'use chroot = no'
                echo 'reverse lookup = no'
                [ "$(id -u)" != 0 ] || printf 'uid = root\ngid = root\n'
                printf '[open]\npath = %s\nread only = no\n' "$root"
                printf '[closed]\npath = %s\nread only = no\nauth users = tester us%%er@x\nsecrets file = %s\n' "$root" "$folder/secrets"
                printf '[readonly]\npath = %s\nread only = yes\n' "$root"
        } >"$folder/config"
        printf 'exec rsync --daemon --no-detach --config=%q/config\n' "$folder" >"$folder/command"
        server_launch "$folder"
}

server_main() {
        set -eu
        local what=$1
        shift
        case $what in
        sshd | rsyncd) "server_$what" "$@" ;;
        freeze) server_signal STOP "$1" ;;
        thaw) server_signal CONT "$1" ;;
        stop) server_stop "$1" ;;
        again) server_launch "$1" ;;
        *) echo "servers.sh: no '$what'" >&2 && return 2 ;;
        esac
}

[ "${BASH_SOURCE[0]}" != "$0" ] || server_main "$@"
