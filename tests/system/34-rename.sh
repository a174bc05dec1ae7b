# --rename: where stock puts things, we do; and where it loses or breaks something, that is said.
mkdir -p source/a/x source/ab source/b source/z
for path in a/f a/x/g ab/h b/k top z/zz; do
        echo "$path" >source/$path
done
chmod 555 source/a
touch -d 2020-01-01T00:00:00Z source/a/x source/a source/b source/z source/ab source
profile plain
stock full source "file://$T/repository" "${OPTIONS[@]}"

# alike OPTION...: both restore the same tree, and it is not the one without OPTION
alike() {
        step "$*"
        rm -rf by-ours by-stock
        stock restore "file://$T/repository" by-stock "${OPTIONS[@]}" "$@"
        ours restore "file://$T/repository" by-ours "${OPTIONS[@]}" "$@"
        same_tree by-stock by-ours "${LIKE[@]}"
        expect_failure diff -r source by-ours
}
LIKE=()
alike --rename a c
alike --rename a/ ./c/
alike --rename a/f f
alike --rename a c --rename a/x d
alike --rename a/x d --rename a c
alike --rename a b --rename b a
alike --rename a c --rename a d
alike --file-to-restore a --rename x c
LIKE=(times-of=files) # stock changes the times of folders that something comes to late
alike --rename top b/f
alike --rename z a/zz
LIKE=(times-of=files but=y)
alike --rename a/x y/new # y is a folder that nothing was backed up of

step 'component by component, and from what is restored'
rm -rf by-ours
ours restore "file://$T/repository" by-ours "${OPTIONS[@]}" --file-to-restore a --rename a c --rename nothing c2
expect_output "there is no 'nothing'"
diff -r source/a by-ours

prog_is_stock && exit 0

step 'two that become one folder'
rm -rf by-ours
ours restore "file://$T/repository" by-ours "${OPTIONS[@]}" --rename a b
[ "$(cd by-ours && find . -type f | sort | tr '\n' ' ')" = './ab/h ./b/f ./b/k ./b/x/g ./top ./z/zz ' ]

step 'two that become one file: one of them is restored, the other is named'
for force in '' --force; do
        rm -rf by-ours
        expect_status 1 ours restore "file://$T/repository" by-ours "${OPTIONS[@]}" --rename top b/k $force
        expect_match "cannot restore '(b/k|top)'"
        grep -qxE 'top|b/k' by-ours/b/k
done
expect_output "cannot restore 'b/k': its place is taken"
[ "$(cat by-ours/b/k)" = top ]

step 'refused on the command line'
for names in 'a ../c' '../a c' 'a /c' '/a c' '. c'; do
        expect_status 2 ours restore "file://$T/repository" refused "${OPTIONS[@]}" --rename ${names}
        expect_output "--rename"
done
expect_status 2 ours restore "file://$T/repository" refused "${OPTIONS[@]}" --rename a c --rename b c/
expect_output "brings both 'a' and 'b' to 'c/'"
expect_status 2 ours restore "file://$T/repository" refused "${OPTIONS[@]}" --rename a
[ ! -e refused ] || fail 'something was restored all the same'

step 'verify knows nothing of it, like stock'
ours verify --compare-data "file://$T/repository" source "${OPTIONS[@]}" --rename a c
expect_output '0 differences found'
expect_output '--rename has no effect'
