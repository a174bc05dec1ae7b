# A sparse file of 5 GB, with data at its start, beyond 4 GB and at its end.
mkdir source
printf start >source/sparse
printf middle | dd of=source/sparse bs=1 seek=4500000000 conv=notrunc status=none
truncate -s 5000000000 source/sparse
printf end | dd of=source/sparse bs=1 seek=4999999997 conv=notrunc status=none
prog_is_stock && truncate -s 50000000 source/sparse # enough to try this script
profile plain
target=file://$T/target
ours full source "$target" "${OPTIONS[@]}" --current-time 1700000000
step 'a change at its end'
printf END | dd of=source/sparse bs=1 seek=4999999997 conv=notrunc status=none
ours incremental source "$target" "${OPTIONS[@]}" --current-time 1700001000
step 'restored from both sets'
ours restore "$target" restored "${OPTIONS[@]}"
cmp source/sparse restored/sparse
used=$(du -k restored/sparse | cut -f 1)
prog_is_stock || [ "$used" -lt 1000000 ] || fail "the restored file takes $used KB: it is not sparse"
