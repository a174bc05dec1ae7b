# --fail-on-volume and --skip-volume make a backup go wrong, as scripts that try a restart want it; both tools end alike.
mkdir source
head -c 4000000 /dev/urandom >source/file
profile plain
for tool in ours stock; do
        step "$tool: a backup that is broken off is continued"
        expect_status 30 $tool full source "file://$T/$tool" "${OPTIONS[@]}" --volsize 1 --fail-on-volume 2
        [ "$(ls "$tool" | grep -c vol)" = 2 ] || fail "$(ls "$tool")"
        $tool full source "file://$T/$tool" "${OPTIONS[@]}" --volsize 1
        [ "$(ls "$tool" | grep -c manifest)" = 1 ] || fail "$(ls "$tool")"
        $tool verify --compare-data "file://$T/$tool" source "${OPTIONS[@]}"
        step "$tool: a volume that is lost on its way is missed"
        expect_status 44 $tool full source "file://$T/lost-$tool" "${OPTIONS[@]}" --volsize 1 --skip-volume 1 --num-retries 1
        ! ls "lost-$tool" | grep manifest || fail 'a manifest of what is not there'
done
