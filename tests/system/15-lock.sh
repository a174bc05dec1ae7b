# One run at a time changes an archive folder: both tools see each other's lock, whoever only reads needs none, and what a dead one has left is
# no obstacle.
make_tree source
rm -rf source/special source/content/spans-volumes
profile plain
target=file://$T/repository
folder=cache/$(printf %s "$target" | md5sum | cut -c 1-32)
both() { logged "$1" "${@:2}" "$target" "${OPTIONS[@]}" --archive-dir cache; }
both "$PROG" full source

# held PROGRAM: a backup by PROGRAM is stopped while it has the lock
held() {
        local tries=0
        TMPDIR=$T/tmp-stock "$1" full big "$target" "${OPTIONS[@]}" --archive-dir cache --allow-source-mismatch >"$T/held" 2>&1 &
        holder=$!
        until [ -e $folder/lockfile ] && grep -q "POSIX.*WRITE $holder " /proc/locks; do
                tries=$((tries + 1))
                [ $tries -lt 500 ] || fail "$1 took no lock"
                sleep 0.02
        done
        kill -STOP $holder
        grep -q "POSIX.*WRITE $holder " /proc/locks || fail "$1 was done before it could be stopped"
}
release() {
        kill -KILL $holder
        wait $holder 2>/dev/null || true
        rm -rf "$T"/tmp/* "$T"/tmp-stock/*
}
mkdir big
head -c 60000000 /dev/urandom >big/noise

step 'stock holds the lock, and we say who'
held "$STOCK"
for verb in 'full source' 'incremental source' 'backup source'; do
        expect_status 23 both "$PROG" $verb
        prog_is_stock || expect_output "process $holder holds it"
        prog_is_stock || expect_output "$folder/lockfile"
done
if ! prog_is_stock; then
        step 'who only reads goes on, and leaves the folder as it is'
        for way in with without; do
                [ $way = with ] || rm $folder/*.manifest $folder/*.sigtar.gz
                ls -A $folder >before
                both "$PROG" list-current-files
                both "$PROG" collection-status
                logged "$PROG" restore "$target" restored-$way "${OPTIONS[@]}" --archive-dir cache
                same_tree source restored-$way stock-times
                logged "$PROG" verify "$target" source "${OPTIONS[@]}" --archive-dir cache --compare-data
                ls -A $folder | diff before -
        done
fi

step 'a lock file that a killed one has left is no obstacle'
release
[ -e $folder/lockfile ] || fail 'the killed one has removed its lock'
rm -f $folder/*.part
both "$PROG" full source
[ ! -e $folder/lockfile ] || prog_is_stock || fail 'the lock file is still there'

step 'we hold the lock, and stock sees it'
held "$PROG"
expect_status 23 both "$STOCK" full source
expect_status 23 both "$PROG" full source
release
both "$STOCK" full source

step 'an archive folder that is none'
: >file
for archive in file file/beneath /proc/nowhere; do
        for tool in "$PROG" "$STOCK"; do
                expect_status 9 logged "$tool" full source "$target" "${OPTIONS[@]}" --archive-dir $archive
        done
        expect_status 9 logged "$PROG" full source "$target" "${OPTIONS[@]}" --archive-dir $archive
        prog_is_stock || expect_output '--archive-dir'
        expect_output $archive
done

step 'one that we may read, and not write'
if ! prog_is_stock && needs_root 'an archive folder of another user'; then
        both "$PROG" collection-status
        chmod 755 "$T" cache $folder
        chmod -R a+rX repository $folder
        reader() { logged setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nowhere "$PROG" "$@" "${OPTIONS[@]}" --archive-dir "$T/cache" --tempdir /tmp; }
        expect_status 9 reader full source "$target"
        expect_output 'permission denied'
        expect_output '--archive-dir'
        reader list-current-files "$target"
        expect_match ' content/edited$'
fi
