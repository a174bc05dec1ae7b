# A whole life by rsync, to a daemon that wants a password and over ssh, with stock duplicity on the same folders.
. "$SUPPORT/servers.sh"
. "$SUPPORT/life.sh"
trap 'server_stop "$T/daemon"; server_stop "$T/server"' EXIT
server_rsyncd "$T/daemon" "$T/root"
server_sshd "$T/server"
profile plain

step 'to a daemon'
life_begin
secret='S3cret pw'
export FTP_PASSWORD=$secret
url=rsync://tester@127.0.0.1:$(cat daemon/port)::/closed/far/away
LIFE=()
life "$url" "$T/root/far/away"
life_end "$url" "$T/root/far/away"
expect_status 51 env FTP_PASSWORD=wrong "$PROG" collection-status "$url" --archive-dir "$T/cache-ours" "${OPTIONS[@]}" 2>refusal
grep -q 'auth failed' refusal
unset FTP_PASSWORD

step 'stock duplicity at the daemon'
rm -rf source restored root/stock
url=rsync://127.0.0.1:$(cat daemon/port)::/open/stock
mkdir root/stock # which it does not make
life_begin
ours full source "$url" "${OPTIONS[@]}" --current-time 1700000000
tree save source 2.tree
life_with_stock "$url"

step 'over ssh, where many connections are one'
rm -rf source restored
ssh_words="-F/dev/null -i $T/server/id_ed25519 -oControlMaster=auto -oControlPersist=5 -oControlPath=$T/server/control"
LIFE=(--ssh-options "$ssh_words" --ssh-known-hosts "$T/server/known_hosts")
url=rsync://127.0.0.1:$(cat server/port)//$T/over-ssh
life_begin
ours full source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700000000
tree save source 2.tree
life_with_stock "$url" --ssh-options "$ssh_words -oUserKnownHostsFile=$T/server/known_hosts"
life_end "$url" "$T/over-ssh"
: >empty
expect_status 51 ours full source "$url" "${OPTIONS[@]}" --ssh-options "-i $T/server/id_ed25519" --ssh-known-hosts "$T/empty"
expect_output ssh-keyscan

step 'the password is seen by nobody but the programs that need it'
export FTP_PASSWORD=$secret
python3 - "$secret" "$PROG" full source "rsync://tester@127.0.0.1:$(cat daemon/port)::/closed/secret" --no-encryption --archive-dir "$T/cache-secret" -v9 <<'END'
import os, subprocess, sys, time
secret, command = sys.argv[1].encode(), sys.argv[2:]
seen, rounds = set(), 0
run = subprocess.Popen(command, stdout=open("out", "wb"), stderr=subprocess.STDOUT)
while run.poll() is None:
    rounds += 1
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            arguments = open("/proc/%s/cmdline" % pid, "rb").read()
            environment = open("/proc/%s/environ" % pid, "rb").read()
        except OSError:
            continue
        if secret in arguments and int(pid) != os.getpid():
            seen.add("arguments of %s" % arguments)
        if secret in environment and int(pid) not in (os.getpid(), os.getppid(), run.pid) and not arguments.startswith(b"rsync\0"):
            seen.add("environment of %s" % (arguments,))
if run.returncode or seen or not rounds:
    sys.exit("status %d, looked %d times: %s" % (run.returncode, rounds, seen))
END
expect_no_output "$secret"
[ -z "$(grep -rlF -e "$secret" tmp cache-secret root/secret 2>/dev/null)" ] || fail 'the password is in a file'
