# A whole life over SSH by sftp://, with stock duplicity on the same folder; what is refused; a server that goes away; passwords.
. "$SUPPORT/servers.sh"
. "$SUPPORT/life.sh"
trap 'server_stop "$T/server"' EXIT
server_sshd "$T/server" 'Subsystem sftp internal-sftp'
mkdir -m 700 "$HOME/.ssh"
cp server/known_hosts "$HOME/.ssh/known_hosts"
base=127.0.0.1:$(cat server/port)/
LIFE=(--ssh-options "-oIdentityFile=$T/server/id_ed25519")
profile plain

life_begin
life "sftp://$base/$T/sftp" "$T/sftp"
life_with_stock "sftp://$base/$T/sftp" "${LIFE[@]}"
life_end "ssh://$base/$T/sftp" "$T/sftp"

step 'unknown host, unknown key: told with what to do, and nothing is written'
: >empty
expect_status 51 ours full source "sftp://$base/$T/refused" "${OPTIONS[@]}" --ssh-known-hosts "$T/empty" "${LIFE[@]}"
expect_match 'SHA256:.*ssh-keyscan'
ssh-keygen -q -t ed25519 -N '' -f stranger
expect_status 51 ours full source "sftp://$base/$T/refused" "${OPTIONS[@]}" --ssh-options "-i $T/stranger -oIdentitiesOnly=yes"
expect_match 'the server takes publickey.*stranger'
expect_status 2 ours full source "sftp://$base/$T/refused" "${OPTIONS[@]}" --ssh-options -oStrictHostKeyChecking=no
expect_output '--ssh-known-hosts'
[ ! -e refused ] || fail 'a refused backup left a folder'

step 'the server goes away for a while'
dd if=/dev/urandom of=source/much bs=1M count=12 status=none
(sleep 2; server_stop "$T/server"; sleep 3; server_launch "$T/server") >/dev/null 2>&1 &
ours full source "sftp://$base/$T/interrupted" "${OPTIONS[@]}" "${LIFE[@]}" --volsize 2 \
        --limit-upload 3000 --num-retries 9 --backend-retry-delay 1
wait
expect_output 'trying again'
ours verify --compare-data "sftp://$base/$T/interrupted" source "${OPTIONS[@]}" "${LIFE[@]}"

needs_root 'passwords, which a server takes that is root' || exit 0
step 'passwords are seen by nobody'
server_stop "$T/server"
secret='a-very-secret-password'
SSHD_PASSWORD=$secret server_sshd "$T/server" 'Subsystem sftp internal-sftp' 'PasswordAuthentication yes'
base=127.0.0.1:$(cat server/port)/
logged python3 "$SUPPORT/watch.py" secrets "$secret" "$PROG" full source "sftp://root@$base/$T/secret" "${OPTIONS[@]}" --archive-dir "$T/cache-ours" -v9 \
        --ssh-known-hosts "$T/server/known_hosts"
expect_status 51 ours full source "sftp://root:wrong-$secret@$base/$T/refused" "${OPTIONS[@]}" -v9 --ssh-known-hosts "$T/server/known_hosts"
expect_no_output "$secret"
found=$(grep -rlF -e "$secret" "$T/tmp" "$T/cache-ours" "$T/secret" "$T/out" 2>/dev/null || true)
[ -z "$found" ] || fail "the password is in $found"
step 'and asked for'
logged python3 "$SUPPORT/watch.py" answer "$secret" "$PROG" full source "sftp://root@$base/$T/asked" "${OPTIONS[@]}" --archive-dir "$T/cache-asked" \
        --ssh-known-hosts "$T/server/known_hosts" --ssh-askpass
