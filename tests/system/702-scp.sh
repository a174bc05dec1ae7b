# A whole life over SSH by scp://, carried by the shell of a server that offers no SFTP; and by SFTP where there is one.
. "$SUPPORT/servers.sh"
. "$SUPPORT/life.sh"
trap 'server_stop "$T/server"; server_stop "$T/other"' EXIT
server_sshd "$T/server"
server_sshd "$T/other" 'Subsystem sftp internal-sftp' 'ForceCommand internal-sftp'
mkdir -m 700 "$HOME/.ssh"
cat {server,other}/known_hosts >"$HOME/.ssh/known_hosts"
LIFE=(--ssh-options "-oIdentityFile=$T/server/id_ed25519")
profile plain

life_begin
url=scp://127.0.0.1:$(cat server/port)//$T/scp
life "$url" "$T/scp"
life_with_stock "$url" "${LIFE[@]}"
life_end "$url" "$T/scp"

step 'the same folder, carried by SFTP'
url=scp://127.0.0.1:$(cat other/port)//$T/scp
LIFE=(--ssh-options "-i $T/other/id_ed25519")
ours incremental source "$url" "${OPTIONS[@]}" "${LIFE[@]}" --current-time 1700200000
expect_nothing_new
rm -rf restored
ours restore "$url" restored "${OPTIONS[@]}" "${LIFE[@]}"
same_tree 2.tree restored stock-times

step 'a URL with anything in it'
folder="$T/a b@:%+=&#ü"
ours full source "scp://127.0.0.1:$(cat other/port)//$T/a%20b%40:%25+=&%23ü" "${OPTIONS[@]}" "${LIFE[@]}"
ls "$folder"/*manifest >/dev/null
