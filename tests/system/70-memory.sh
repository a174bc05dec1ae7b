# The engine stays under 64 MiB, whatever the tree: many small files, a big file, many volumes.
limit=$((64 * 1024))
count=100000
prog_is_stock && limit=0 count=5000
prog_is_instrumented && skip 'not measured under a sanitizer'
watch() {
        logged python3 "$SUPPORT/watch.py" memory "$limit" "$PROG" "$@" --archive-dir "$T/cache-ours" --no-encryption
        expect_output peak
}
step "$count small files"
tree small source $count
watch full source "file://$T/target" --current-time 1700000000
rm -rf source/00
echo changed >>source/02/021/file-2123
watch incremental source "file://$T/target" --current-time 1700001000
prog_is_stock || { watch incremental source "file://$T/target" --current-time 1700002000 && expect_nothing_new; }
watch restore "file://$T/target" restored
cmp source/02/021/file-2123 restored/02/021/file-2123 2>/dev/null || prog_is_stock
[ "$(find restored -type f | wc -l)" = "$(find source -type f | wc -l)" ] || fail 'not all files are back'
watch list-current-files "file://$T/target"
rm -rf source target restored cache-ours

step 'a storage full of files of others'
others=300000
prog_is_stock && others=1000
mkdir source
echo 1 >source/1
watch full source "file://$T/target" --current-time 1700000000
python3 -c 'import os, sys
os.chdir("target")
open("other", "w").close()
made = 0
while made < int(sys.argv[1]):
    base = "a-rather-long-name-of-a-file-that-somebody-else-has-put-into-the-same-folder-%d-" % (made // 30000)
    open(base, "w").close()
    for i in range(30000):
        os.link(base, "%s%d" % (base, i))
    made += 30000' $others
prog_is_stock || limit=$((32 * 1024)) # with all names it would be 44 MiB
watch collection-status "file://$T/target"
echo 2 >source/2
watch incremental source "file://$T/target" --current-time 1700001000
prog_is_stock || limit=$((64 * 1024))
rm -rf source target cache-ours

step 'one folder of many files'
mkdir -p source/flat
python3 -c 'import sys
for i in range(int(sys.argv[1]) // 2):
    open("source/flat/a-rather-long-name-for-a-file-in-one-big-folder-%d" % i, "w").close()' $count
watch full source "file://$T/target"
rm -rf source target cache-ours

step 'a big file in many volumes, encrypted'
mkdir source
dd if=/dev/urandom of=source/big bs=1M count=400 status=none
export PASSPHRASE=secret
measured() {
        logged python3 "$SUPPORT/watch.py" memory "$limit" "$PROG" "$@" --archive-dir "$T/cache-ours"
}
measured full source "file://$T/target" --volsize 10 --current-time 1700000000
printf changed | dd of=source/big bs=1 seek=200000000 conv=notrunc status=none
measured incremental source "file://$T/target" --volsize 10 --current-time 1700001000
measured restore "file://$T/target" restored
cmp source/big restored/big
measured verify --compare-data "file://$T/target" source
