# Each option of the charm, changed and changed back: to another good value, to one that blocks, and to nothing. The
# machine is in the end as it was before, file by file, and so is the unit's status.
. "$SUPPORT/charm.sh"
new_machine
mkdir -p "$ROOT_OF_CHARM/etc/nagios/nrpe.d" "$ROOT_OF_CHARM/var/lib/nagios/export" data other far
deploy duplicity/0
hooks install config-changed start
juju relate nrpe-external-master:1 nrpe/0
relation_hook nrpe-external-master-relation-changed nrpe-external-master:1 nrpe/0

# All that the charm has made of the machine. The log is no part of it, nor since when a schedule is waited for; of the
# keyring its keys are, of lists their lines in any order.
machine() {
        local apart=(-path ./var/log -o -name '*gnupg' -o -name plan.json -o -name held-packages)
        (
                cd "$ROOT_OF_CHARM"
                find . \( "${apart[@]}" \) -prune -o -printf '%p %m %y %l\n' | sort
                find . \( "${apart[@]}" \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
        )
        tr -d ' \n' <"$PRIVATE/plan.json" | sed 's/"since":[0-9]*//g'
        sort "$MACHINE/held" "$MACHINE/repositories"
        [ ! -e "$PRIVATE/private/held-packages" ] || sort "$PRIVATE/private/held-packages"
        gpg --homedir "$PRIVATE/private/gnupg" --batch --with-colons --list-keys 2>/dev/null | grep ^fpr || true
        cat "$STATE/status.json"
        juju show relations.json nrpe-external-master:1 own
}

# from OPTION=VALUE...: what a unit is now, and comes back to each time
from() {
        configure "$@"
        expect_unit active Ready
        cp "$STATE/config.json" config.before
        cat "$PRIVATE/private/config.json" "$STATE/status.json" >shown.before
        machine >machine.before
}

# there_and_back OPTION=VALUE...
there_and_back() {
        configure "$@"
        ! cat "$PRIVATE/private/config.json" "$STATE/status.json" | cmp -s - shown.before ||
                fail "with $* nothing is different"
        cp config.before "$STATE/config.json"
        hooks config-changed
        machine | diff machine.before - || fail "$* has left something"
}

key=$(printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----' | base64 -w0)
openssl req -x509 -newkey ed25519 -nodes -subj /CN=test -keyout /dev/null -out ca.pem 2>/dev/null
gpg --armor --export reader >reader.asc
gpg --armor --export stranger >stranger.asc

step 'from what a unit needs at least'
from backend=file remote_backup_url="$T/far" encryption_passphrase='correct horse' aux_backup_directory="$T/data" \
        backup_frequency=daily retention_period=30d
there_and_back aux_backup_directory="$T/other,$T/data"
there_and_back aux_backup_directory=relative
there_and_back exclude="$T/data/**.tmp"
there_and_back exclude=/elsewhere
there_and_back backend=
there_and_back backend=tape
there_and_back backend=webdav remote_backup_url=h/x
there_and_back backend=sftp remote_backup_url=h/y remote_user=u remote_password=p known_host_key='h ssh-rsa A'
there_and_back backend=s3 remote_backup_url=b/x aws_access_key_id=a aws_secret_access_key=b
there_and_back backend=azure remote_backup_url=b azure_connection_string='AccountName=a;AccountKey=YQ=='
there_and_back remote_backup_url=
there_and_back backup_frequency=manual
there_and_back backup_frequency='5 4 * * sun'
there_and_back backup_frequency='5 4 * *'
there_and_back backup_type=full
there_and_back backup_type=half
there_and_back full_if_older_than=
there_and_back full_if_older_than=7
there_and_back volume_size=50
there_and_back volume_size=0
there_and_back retention_period=manual
there_and_back retention_period=7d
there_and_back retention_period=7
there_and_back deletion_frequency=hourly
there_and_back deletion_frequency=never
there_and_back keep_daily=7
there_and_back keep_weekly=4 keep_monthly=3 keep_yearly=2 retention_period=manual
there_and_back keep_yearly=-1
there_and_back remote_user=somebody
there_and_back remote_password='p@ss'
there_and_back known_host_key='other ssh-rsa B'
there_and_back private_ssh_key="$(printf -- '-----BEGIN RSA PRIVATE KEY-----\nx\n' | base64 -w0)"
there_and_back private_ssh_key=junk
there_and_back aws_access_key_id=x
there_and_back aws_secret_access_key=x
there_and_back s3_region=r
there_and_back s3_addressing_style=path
there_and_back s3_addressing_style=x
there_and_back azure_connection_string=x
there_and_back tls_ca_certificate=junk
there_and_back disable_encryption=true
there_and_back encryption_passphrase='another one'
there_and_back encryption_passphrase= gpg_public_key@stranger.asc
there_and_back gpg_public_key=junk
there_and_back gpg_public_key=0123456789ABCDEF
there_and_back encryption_passphrase= gpg_public_key=
there_and_back extra_packages='jq curl'
there_and_back extra_packages=no-such-package
there_and_back install_sources='[deb http://c.example/ x main, ppa:c/d]' install_keys=
there_and_back install_sources='[ppa:c/d, universe]' install_keys=
there_and_back install_keys='[null, null, null]'
there_and_back package_status=remove
there_and_back alert_after=3h
there_and_back alert_after=3
there_and_back nagios_context=staging
there_and_back nagios_context=a/b
there_and_back nagios_servicegroups=one,two
there_and_back nagios_servicegroups='a;b'
there_and_back private_ssh_key="$key"
there_and_back tls_ca_certificate@ca.pem
there_and_back package_status=hold

step 'from everything at once'
from backend=sftp remote_backup_url=h/x remote_user=u remote_password=p known_host_key='h ssh-ed25519 AAAA' \
        private_ssh_key="$key" tls_ca_certificate@ca.pem encryption_passphrase= gpg_public_key@reader.asc \
        extra_packages=nfs-common package_status=hold nagios_context=prod nagios_servicegroups=dr \
        install_sources='[deb http://a.example/ x main, ppa:a/b]' install_keys='[null, null]' alert_after=36h \
        exclude="$T/data/cache" keep_monthly=12
there_and_back backend=
there_and_back backend=tape
there_and_back private_ssh_key=
there_and_back private_ssh_key=junk
there_and_back known_host_key= private_ssh_key= remote_password= backend=file remote_backup_url="$T/far"
there_and_back tls_ca_certificate=
there_and_back gpg_public_key@stranger.asc
there_and_back gpg_public_key=junk
there_and_back gpg_public_key= encryption_passphrase=x
there_and_back disable_encryption=true
there_and_back extra_packages= package_status=install
there_and_back extra_packages=no-such-package
there_and_back install_sources= install_keys=
there_and_back install_sources='[ppa:c/d, universe]'
there_and_back nagios_context=a/b
there_and_back nagios_servicegroups=
there_and_back alert_after=

step 'every option was among them'
sed -n 's/^  \([a-z0-9_]*\):$/\1/p' "$ROOT/config.yaml" | sort >options
sed -n 's/^there_and_back //p' "$ROOT/tests/system/711-charm-changes.sh" | grep -oE '\b[a-z0-9_]+[=@]' | tr -d '=@' | sort -u >tried
comm -23 options tried >untried
[ ! -s untried ] || fail "not changed here: $(tr '\n' ' ' <untried)"
