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
        chmod u+rwx restored/tree/one
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
# or_1 COMMAND...: status 0 or 1 (some file could not be dealt with); left in STATUS
or_1() {
        STATUS=0
        "$@" || STATUS=$?
        [ $STATUS -le 1 ] || fail "status $STATUS: $*"
}

# all_else_is_there TARGET RESTORED: but for the file in trouble, the source comes back with both tools; RESTORED is what we make of it
all_else_is_there() {
        rm -rf restored-stock
        or_1 ours verify "$1" source "${OPTIONS[@]}"
        or_1 ours restore "$1" "$2" "${OPTIONS[@]}"
        same_tree source "$2" stock-times times-of=files "but=content/$name"
        stock restore "$1" restored-stock "${OPTIONS[@]}"
        same_tree source restored-stock stock-times times-of=files "but=content/$name"
}

number=0
# trouble FAULT: in a full and in an incremental backup. Results are left in restored-full, restored-inc, out-full, out-inc, FULL_STATUS, INC_STATUS.
trouble() {
        step "$1"
        number=$((number + 1))
        local target=file://$T/trouble-$number name
        name=$(echo "$1" | cut -d ' ' -f 2)
        rm -rf source restored-full restored-inc cache-stock
        tree make source
        or_1 with_fault "$1" full source "$target" --current-time 1700000000
        FULL_STATUS=$STATUS
        [ -e mark ] || fail 'the fault did not happen'
        cp out out-full
        all_else_is_there "$target" restored-full

        rm -rf source
        tree make source
        ours full source "$target" "${OPTIONS[@]}" --current-time 1700001000
        for file in source/content/*; do
                [ -s "$file" ] || continue
                printf changed | dd of="$file" conv=notrunc status=none
                touch -d @1600005000 "$file"
        done
        or_1 with_fault "$1" incremental source "$target" --current-time 1700002000
        INC_STATUS=$STATUS
        [ -e mark ] || fail 'the fault did not happen'
        cp out out-inc
        all_else_is_there "$target" restored-inc

        step 'the next backup has it all'
        ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700003000
        rm -rf restored-next
        stock restore "$target" restored-next "${OPTIONS[@]}"
        same_tree source restored-next stock-times
        ours verify --compare-data "$target" source "${OPTIONS[@]}"
}

make_tree original
trouble 'eio spans-volumes 2000000'
[ "$FULL_STATUS$INC_STATUS" = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
for out in out-full out-inc; do
        grep -q "source/content/spans-volumes'.*input/output error" $out || fail "$out does not name the file"
done
[ ! -e restored-full/content/spans-volumes ] || fail 'what could be read of the file passes for the whole'
cmp original/content/spans-volumes restored-inc/content/spans-volumes

trouble 'eio size-65535 100'
[ "$FULL_STATUS$INC_STATUS" = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
[ ! -e restored-full/content/size-65535 ] || fail 'what could be read of the file passes for the whole'
cmp original/content/size-65535 restored-inc/content/size-65535
cmp original/content/size-65535 restored-stock/content/size-65535

trouble 'truncate spans-volumes 1000000'
[ "$FULL_STATUS$INC_STATUS" = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
grep -q spans-volumes out-full && grep -q spans-volumes out-inc || fail 'not said that the file shrank'

trouble 'grow spans-volumes 1000000'
[ "$FULL_STATUS$INC_STATUS" = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
grep -q spans-volumes out-full && grep -q spans-volumes out-inc || fail 'not said that the file grew'

trouble 'unlink spans-volumes open'
[ "$FULL_STATUS$INC_STATUS" = 11 ] || fail "status $FULL_STATUS and $INC_STATUS instead of 1"
trouble 'unlink spans-volumes 1000000' # it is still open: all of it is read
cmp original/content/spans-volumes restored-full/content/spans-volumes
