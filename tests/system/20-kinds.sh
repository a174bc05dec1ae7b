# Every kind of file, as far as we go beyond the elder tool: times before 1970, fractions of a second, paths beyond PATH_MAX, sockets.
make_tree source "$(prog_is_stock || echo extreme)"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("source/special/socket")'
needs_root 'devices, owners, mode 0' || echo 'the tree lacks them'
tree save source source.tree
profile plain
target=file://$T/target

step 'backed up and restored bit for bit'
ours full source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
ours verify --compare-data "$target" source "${OPTIONS[@]}"
ours restore "$target" restored "${OPTIONS[@]}"
prog_is_stock || same_tree source.tree restored nanoseconds
same_tree source.tree restored stock-times

step 'the socket is noted'
prog_is_stock || { ours full source "file://$T/noted" "${OPTIONS[@]}" -v5 && expect_output 'special/socket'; }

step 'nothing has changed'
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
expect_nothing_new

step 'type changes and deleted trees'
tree change source 1
rm -rf source/deep source/special/socket
tree save source source.tree
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700002000
rm -rf restored
ours restore "$target" restored "${OPTIONS[@]}"
same_tree source.tree restored stock-times
stock restore "$target" restored-stock "${OPTIONS[@]}"
same_tree source.tree restored-stock stock-times

step 'restored without owners, and with numbers only'
rm -rf restored
ours restore "$target" restored "${OPTIONS[@]}" --numeric-owner
same_tree source.tree restored stock-times
rm -rf restored
prog_is_stock || { ours restore "$target" restored "${OPTIONS[@]}" --no-restore-ownership && same_tree source.tree restored stock-times no-owner; }

step 'verify sees each kind of difference'
cp -a source other
printf x >>other/content/edited
rm other/content/text
echo new >other/new-file
chmod 600 other/modes/0755
touch -d '2001-01-01' other/content/size-1
ln -sfn elsewhere other/links/dangling
rm other/special/fifo && mkdir other/special/fifo
expect_status 1 ours verify --compare-data "$target" other "${OPTIONS[@]}"
for path in content/edited content/text new-file modes/0755 content/size-1 links/dangling special/fifo; do
        grep -q "ifference.*$path\|$path.*iffer" "$T/out" || expect_output "$path"
done
