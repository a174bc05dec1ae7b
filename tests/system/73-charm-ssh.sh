# The charm at a real SSH server and an rsync daemon, with credentials from its config alone; what they refuse is told
# by the option to set, and no secret is seen by anybody.
. "$SUPPORT/charm.sh"
. "$SUPPORT/charm-storage.sh"
. "$SUPPORT/servers.sh"
trap 'server_stop "$T/sshd"; server_stop "$T/rsyncd"' EXIT
storage_begin
mkdir far
server_sshd "$T/sshd" 'Subsystem sftp internal-sftp'
here=127.0.0.1:$(cat sshd/port)
SECRET=$(base64 -w0 sshd/id_ed25519)
with_key=(private_ssh_key="$SECRET" known_host_key@sshd/known_hosts)

step 'sftp'
with_storage backend=sftp remote_backup_url="$here/$T/far/sftp" remote_user="$(id -un)" "${with_key[@]}"
ls far/sftp/duplicity-0 | grep -q 'full.*manifest.gpg' || fail 'the backups are not where they should be'
go_on
step 'ssh, scp'
with_storage backend=SSH remote_backup_url="ssh://$here/$T/far/ssh"
with_storage backend=scp remote_backup_url="$here/$T/far/scp"
step 'rsync'
with_storage backend=rsync remote_backup_url="$here/$T/far/rsync"

step 'an unknown host, another key of the host, another key of ours'
other_host='[h]:1 ssh-ed25519 AAAA'
ssh-keygen -q -t ed25519 -N '' -f stranger
refused 'set known_host_key to what this prints: ssh-keyscan -p' remote_backup_url="$here/$T/far/x" \
        known_host_key="$other_host"
refused 'correct private_ssh_key, or remote_user' "${with_key[@]}" private_ssh_key="$(base64 -w0 stranger)"
refused 'it refused private_ssh_key: correct it, or remote_user' backend=sftp
ssh-keygen -q -t ed25519 -N 'a passphrase' -f locked
refused 'set private_ssh_key to one without' private_ssh_key="$(base64 -w0 locked)"
refused 'set known_host_key to what this prints: ssh-keyscan -p' known_host_key="$other_host"
refused 'set known_host_key to what this prints: ssh-keyscan -p' \
        known_host_key="[127.0.0.1]:${here#*:} $(cut -d ' ' -f 1-2 stranger.pub)"
expect_status 1 scheduled backup
expect_plugin 1 backups 'WARNING: the last backup failed at '
grep -q 'set known_host_key to' out || fail 'the check does not say what to do'
[ ! -e far/x ] || fail 'a refused run has written'

step 'an rsync daemon with a password'
SECRET='S3cret pw'
server_rsyncd "$T/rsyncd" "$T/far"
with_storage backend=rsync remote_backup_url="127.0.0.1:$(cat rsyncd/port)::closed/daemon" remote_user=tester \
        remote_password="$SECRET" \
        private_ssh_key= known_host_key=
refused '(remote_user and remote_password)' remote_password=wrong-secret

needs_root 'a password over ssh' || exit 0
step 'a password over ssh'
server_stop "$T/sshd"
SSHD_PASSWORD=$SECRET server_sshd "$T/sshd" 'Subsystem sftp internal-sftp' 'PasswordAuthentication yes'
with_storage backend=sftp remote_backup_url="127.0.0.1:$(cat sshd/port)/$T/far/password" remote_user=root \
        remote_password="$SECRET" \
        known_host_key@sshd/known_hosts
unseen "$SECRET"
refused 'it refused remote_password: correct it, or remote_user' remote_password=wrong-secret
