# What the tests of the charm at real servers share. Sourced after charm.sh; SECRET is the password that nobody may see.

# A unit with something to back up, and the config for all but the storage.
storage_begin() {
        new_machine
        mkdir data
        printf 'first version\n' >data/file
        head -c 300000 /dev/urandom >data/blob
        passphrase='correct horse; "battery"'
        deploy duplicity/0
        hooks install start
        configure aux_backup_directory="$T/data" encryption_passphrase="$passphrase" retention_period=30d \
                backup_frequency=daily
        quick_keys
}

# with_storage OPTION=VALUE...: a new place, by these options; it is tried, backed up to and restored from
with_storage() {
        configure "$@"
        expect_unit_like '^active: Ready'
        good_action check-connection
        expect_result output 'can be written, listed, read and deleted from'
        [ "$(result files)" = 0 ] || fail "something is there already: $(result files) files"
        good_action do-backup
        [ "$(result type)" = full ] || fail "the first backup is $(result type)"
        restored_well
        rm -rf "$ROOT_OF_CHARM/var/cache/charm-duplicity/$DASHED" "$PRIVATE/backup.json"
}

restored_well() {
        good_action restore target="$T/restored"
        same_tree data restored
        rm -rf restored
        expect_no_secret "$passphrase" "$SECRET"
}

# Goes on at the place that is configured, from what lies there: scheduled runs, without Juju, and what else changes it.
go_on() {
        printf 'second version\n' >data/file
        scheduled backup || fail 'the scheduled backup failed'
        expect_plugin 0 backups 'OK: last backup '
        scheduled deletion || fail 'the scheduled deletion failed'
        good_action list-backups
        expect_result output 'Number of contained backup sets: 2'
        good_action verify compare=true
        restored_well
        good_action do-backup type=full
        good_action remove-all-but-n-full count=1
        good_action check
        expect_result output 'Sound: 1 chain, 1 backup,'
}

# refused TEXT OPTION=VALUE...: with these options the storage refuses; TEXT says which option to mend
refused() {
        configure "${@:2}"
        bad_action "$1" check-connection
        expect_no_secret "$SECRET" wrong-secret
}

# unseen SECRET: while a scheduled backup runs, no process shows it
unseen() {
        logged env -i PATH=/usr/bin:/bin HOME=/root CHARM_DUPLICITY_ROOT="$ROOT_OF_CHARM" \
                ASAN_OPTIONS="${ASAN_OPTIONS:-}" \
                python3 "$SUPPORT/watch.py" hidden "$1" "$CHARM/bin/charm-duplicity" run-backup "$UNIT"
}
