# Repositories made to harm: nothing outside of the target is touched, what is not protected under a name that says so is refused.
profile plain
mkdir outside
echo untouched >outside/victim
find outside -printf '%p %m %s %T@\n' | sort >outside.before

for case in dotdot dotdot-folder dotdot-multivol absolute dot link-parent link-parent-folder link-twice link-itself link-root hard-link device-parent nul-name; do
        step "$case"
        archive hostile "bad-$case" "$case" "$T/outside"
        mkdir "inside-$case"
        status=0
        ours restore "file://$T/bad-$case" "inside-$case/restored" "${OPTIONS[@]}" || status=$?
        [ "$status" -lt 126 ] || fail "died: $status"
        find outside -printf '%p %m %s %T@\n' | sort | cmp - outside.before || prog_is_stock || fail "$case wrote outside of its target"
        [ "$(ls -A "inside-$case")" = restored ] || [ -z "$(ls -A "inside-$case")" ] || prog_is_stock || fail "$case wrote beside its target"
        case $case in
        absolute | link-root) ;; # may be taken as harmless: the name falls inside, the root is replaced
        *) [ "$status" != 0 ] || prog_is_stock || fail "$case passed without a word" ;;
        esac
        rm -rf outside && mkdir outside && echo untouched >outside/victim && find outside -printf '%p %m %s %T@\n' | sort >outside.before
done
rm -f owned

step 'a target whose folder is swapped for a link beforehand, with --force'
archive hostile good dot "$T/outside"
make_tree tree-source
rm -rf tree-source/special
ours full tree-source "file://$T/honest" "${OPTIONS[@]}"
mkdir forced
ln -s "$T/outside" forced/content
ours restore "file://$T/honest" forced "${OPTIONS[@]}" --force || true
[ "$(ls outside)" = victim ] || prog_is_stock || fail 'restore followed a link that stood in its target'

prog_is_stock && exit 0 # it takes what follows

step 'under a .gpg name: not encrypted'
profile symmetric
target=file://$T/encrypted
ours full tree-source "$target" --volsize 1
cp -r encrypted pristine
volume=$(cd encrypted && ls duplicity-full.*.vol1.difftar.gpg)
manifest=$(cd encrypted && ls duplicity-full.*.manifest.gpg)
decrypt() {
        gpg --batch --yes --quiet --pinentry-mode loopback --passphrase "$PASSPHRASE" --output "$2" --decrypt "$1"
}
# replaced FILE GPG-OPTION...: FILE is written anew from its plain content
replaced() {
        rm -rf encrypted plain cache-ours restored
        cp -r pristine encrypted
        decrypt "encrypted/$1" plain
        rm "encrypted/$1"
        gpg --batch --yes --quiet --pinentry-mode loopback --passphrase "$PASSPHRASE" --output "encrypted/$1" "${@:2}" plain
        if [ "$1" = "$volume" ]; then # the manifest gets the new hash: it is not what is tested
                decrypt "encrypted/$manifest" plain
                sed -i "/^Volume 1:/,/Hash/s/Hash SHA1 .*/Hash SHA1 $(sha1sum "encrypted/$volume" | cut -d ' ' -f 1)/" plain
                rm "encrypted/$manifest"
                gpg --batch --yes --quiet --pinentry-mode loopback --passphrase "$PASSPHRASE" --output "encrypted/$manifest" --symmetric plain
        fi
}
replaced "$volume" --symmetric
ours restore "$target" restored # as a check of replaced itself
for file in "$volume" "$manifest"; do
        step "$file"
        replaced "$file" --store
        expect_failure ours restore "$target" restored
        expect_output "$file"
        replaced "$file" --default-key "$SIGNER" --pinentry-mode loopback --passphrase 'signer pass' --sign
        expect_failure ours restore "$target" restored
        replaced "$file" --rfc2440 --disable-mdc --symmetric
        expect_failure ours restore "$target" restored
done

step 'a wrong passphrase'
rm -rf encrypted cache-ours
cp -r pristine encrypted
PASSPHRASE=wrong expect_status 31 ours restore "$target" restored
expect_output 'passphrase'
[ ! -e restored ] || [ -z "$(ls -A restored)" ] || fail 'something was restored'

step 'signers'
profile signed
target=file://$T/signed
ours full tree-source "$target" "${OPTIONS[@]}"
ours restore "$target" restored "${OPTIONS[@]}"
rm -rf restored cache-ours
expect_status 22 ours restore "$target" restored --encrypt-key "$READER" --sign-key "$STRANGER"
profile public
ours full tree-source "file://$T/unsigned" "${OPTIONS[@]}"
rm -rf cache-ours
expect_status 22 ours restore "file://$T/unsigned" restored --encrypt-key "$READER" --sign-key "$SIGNER"

step 'each kind of file has to be signed'
for kind in vol1.difftar manifest sigtar; do
        profile signed
        rm -rf one cache-ours restored
        cp -r signed one
        file=$(cd one && ls duplicity-full*"$kind".gpg)
        gpg --batch --yes --quiet --pinentry-mode loopback --passphrase 'reader pass' --output plain --decrypt "one/$file" 2>/dev/null
        rm "one/$file"
        gpg --batch --quiet --trust-model always --recipient "$READER" --output "one/$file" --encrypt plain
        if [ $kind = sigtar ]; then
                expect_failure ours incremental tree-source "file://$T/one" "${OPTIONS[@]}" --allow-source-mismatch
        else
                expect_failure ours restore "file://$T/one" restored "${OPTIONS[@]}"
        fi
        expect_output "$file"
        rm plain
done
