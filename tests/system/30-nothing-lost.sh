# What the elder tool loses silently: changes of size alone, unreadable files, read errors, files that change while they are read.
profile plain
target=file://$T/target

# The tests run as a user who may not read everything.
as_user() {
        if [ "$(id -u)" = 0 ]; then
                setpriv --reuid=65534 --regid=65534 --clear-groups -- env HOME="$T/user" TMPDIR="$T/tmp" "$@"
        else
                env HOME="$T/user" "$@"
        fi
}
give() {
        [ "$(id -u)" != 0 ] || chown -R 65534:65534 "$@"
}
cp "$PROG" charm-duplicity 2>/dev/null || true
user_backup() {
        logged as_user "$T/charm-duplicity" "$@" --archive-dir "$T/user/cache" "${OPTIONS[@]}"
}
mkdir user user-target source
chmod 1777 tmp

step 'a change of size is a change, though the time is the same'
tree make source
ours full source "$target" "${OPTIONS[@]}" --current-time 1700000000
stamp=$(stat -c %Y source/content/text)
printf more >>source/content/text
touch -d "@$stamp" source/content/text
printf x >source/content/size-0
touch -d "@$stamp" source/content/size-0
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
prog_is_stock || grep -x 'ChangedFiles 2' >/dev/null "$T/out" || fail 'not seen'
prog_is_stock || { stock restore "$target" restored "${OPTIONS[@]}" && cmp source/content/text restored/content/text && cmp source/content/size-0 restored/content/size-0; }
rm -rf restored

step 'an edit of the same size in the same second'
printf y >source/content/size-0
touch -d "@$stamp.5" source/content/size-0
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
prog_is_stock || grep -x 'ChangedFiles 1' >/dev/null "$T/out" || fail 'not seen'
ours restore "$target" restored "${OPTIONS[@]}"
prog_is_stock || cmp source/content/size-0 restored/content/size-0
stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700003000
prog_is_stock || expect_nothing_new
rm -rf restored source
prog_is_stock && exit 0 # it is known to lose the rest

step 'an unreadable file and folder keep their last version'
tree make source
rm -rf source/modes source/owners source/special
give source user user-target
user_backup full "$T/source" "file://$T/user-target" --current-time 1700000000
tree save source 0.tree
chmod 0 source/content/edited source/tree/one
printf changed >source/content/size-513
give source
touch -d @1600009999 source/content/size-513
expect_status 1 user_backup incremental "$T/source" "file://$T/user-target" --current-time 1700001000
expect_output "cannot read '$T/source/content/edited': permission denied"
expect_output "'$T/source/tree/one'"
expect_output 'version of 2023-11-14'
chmod 755 source/tree/one
chmod 644 source/content/edited
for tool in ours stock; do
        $tool restore "file://$T/user-target" restored "${OPTIONS[@]}"
        cmp source/content/edited restored/content/edited
        cmp source/tree/one/two/three/4 restored/tree/one/two/three/4
        cmp source/content/size-513 restored/content/size-513
        rm -rf restored
done
user_backup incremental "$T/source" "file://$T/user-target" --current-time 1700002000
ours restore "file://$T/user-target" restored "${OPTIONS[@]}"
same_tree source restored stock-times
rm -rf restored

step 'an unreadable file of a first backup is named, all else is there'
chmod 0 source/content/edited
expect_status 1 user_backup full "$T/source" "file://$T/user-target" --current-time 1700003000
expect_output "cannot read '$T/source/content/edited': permission denied"
ours restore "file://$T/user-target" restored "${OPTIONS[@]}"
[ ! -e restored/content/edited ] || fail 'made something of what it could not read'
rm source/content/edited
same_tree source restored stock-times times-of=files
rm -rf restored source

step 'trouble in the middle of reading'
"$CC" -O1 -shared -fPIC -U_FORTIFY_SOURCE -o fault.so "$ROOT/tests/system/fault.c" -ldl
# with_fault FAULT COMMAND...
with_fault() {
        rm -f mark
        logged env ASAN_OPTIONS="verify_asan_link_order=0:$ASAN_OPTIONS" FAULT="$1" FAULT_MARK="$T/mark" LD_PRELOAD="$T/fault.so" "$PROG" "${@:2}" \
                --archive-dir "$T/cache-ours" "${OPTIONS[@]}"
}
number=0
# trouble FAULT: in a full and in an incremental. The others are complete in both; what became of the file is left in restored-full and restored-inc.
trouble() {
        step "$1"
        number=$((number + 1))
        rm -rf source restored-full restored-inc
        tree make source
        local target=file://$T/trouble-$number status=0
        with_fault "$1" full source "$target" --current-time 1700000000 || status=$?
        FULL_STATUS=$status
        [ -e mark ] || fail 'the fault did not happen'
        cp out out-full
        stock restore "$target" restored-full "${OPTIONS[@]}"
        ours verify "$target" source "${OPTIONS[@]}"

        rm -rf source
        tree make source
        ours full source "$target" "${OPTIONS[@]}" --current-time 1700001000
        for file in source/content/*; do
                [ -s "$file" ] || continue
                printf changed | dd of="$file" conv=notrunc status=none
                touch -d @1600005000 "$file"
        done
        cp -a source source-changed
        status=0
        with_fault "$1" incremental source "$target" --current-time 1700002000 || status=$?
        INC_STATUS=$status
        [ -e mark ] || fail 'the fault did not happen'
        cp out out-inc
        ours verify "$target" source "${OPTIONS[@]}"
        stock restore "$target" restored-inc "${OPTIONS[@]}"
        rm -rf again
        ours restore "$target" again "${OPTIONS[@]}"
        same_tree again restored-inc
        for folder in restored-full restored-inc; do
                for file in source-changed/content/*; do
                        [ "${file##*/}" = spans-volumes ] && continue
                        [ $folder = restored-full ] || cmp "$file" "$folder/content/${file##*/}"
                        [ -e "$folder/content/${file##*/}" ] || fail "$file is missing in $folder"
                done
                [ -e $folder/types/file0 ] || fail "$folder is not complete"
        done
        rm -rf source-changed
}

trouble 'eio spans-volumes 2000000'
[ $FULL_STATUS$INC_STATUS = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
for out in out-full out-inc; do
        grep -q "source/content/spans-volumes'.*input/output error" $out || fail "$out does not name the file"
done
[ ! -e restored-full/content/spans-volumes ] || fail 'what could be read of the file passes for the whole'
make_tree original
cmp original/content/spans-volumes restored-inc/content/spans-volumes

trouble 'eio edited 100'
[ $FULL_STATUS$INC_STATUS = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
[ ! -e restored-full/content/edited ] || fail 'what could be read of the file passes for the whole'

trouble 'truncate spans-volumes 1000000'
[ $FULL_STATUS$INC_STATUS = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
grep -q spans-volumes out-full && grep -q spans-volumes out-inc || fail 'not said that the file shrank'

trouble 'grow spans-volumes 1000000'
grep -q spans-volumes out-full && grep -q spans-volumes out-inc || [ $FULL_STATUS$INC_STATUS = 00 ] || fail 'not said that the file grew'

trouble 'unlink spans-volumes open'
trouble 'unlink spans-volumes 1000000'
