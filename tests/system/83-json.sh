# JSON documents: one on standard output and nothing else, with the keys that docs/JSON.md promises.
profile plain
prog_is_stock && skip 'duplicity has no JSON'
target=file://$T/target
mkdir -p source/folder
printf 'text' >source/text
printf 'x' >"source/$(printf 'odd\xff\n"name')"
ln -s text source/link

# json STATUS NAME COMMAND...: keeps the document
json() {
        local status=$1 name=$2 got=0
        shift 2
        "$PROG" "$@" --json --archive-dir "$T/cache" "${OPTIONS[@]}" >"$name.json" 2>"$name.err" || got=$?
        [ "$got" = "$status" ] || fail "status $got instead of $status: $* $(tail -n 3 "$name.err")"
        python3 -m json.tool "$name.json" >/dev/null || fail "no JSON: $(head -n 5 "$name.json")"
}

# value NAME EXPRESSION: of the document d
value() {
        python3 -c 'import json, sys; d = json.load(open(sys.argv[1] + ".json")); print(eval(sys.argv[2]))' "$1" "$2"
}

# expect_value NAME EXPRESSION WANTED
expect_value() {
        local got
        got=$(value "$1" "$2")
        [ "$got" = "$3" ] || fail "$1: $2 is $got instead of $3"
}

step 'backup'
json 0 backup full source "$target" --current-time 1700000000
expect_value backup 'd["command"], d["type"], d["time"], d["volumes"]' "('full', 'full', '2023-11-14T22:13:20Z', 1)"
expect_value backup 'd["statistics"]["source_files"], d["statistics"]["new_bytes"]' '(5, 5)'
expect_value backup 'd["error"], d["exit_code"], d["problem_count"], d["problems"]' '(None, 0, 0, [])'
grep -q 'Last full backup date' backup.err || fail 'messages are missing on standard error'
echo more >>source/text
json 0 incremental backup source "$target" --current-time 1700001000 --no-print-statistics
expect_value incremental 'd["command"], d["type"], d["statistics"]["changed_files"]' "('backup', 'incremental', 1)"
json 0 dry full source "$target" --dry-run
expect_value dry 'd["dry_run"]' True

step 'status, with all there can be'
mkdir damaged
cp target/* damaged
cp damaged/duplicity-inc.20231114T221320Z.to.20231114T223000Z.manifest damaged/duplicity-inc.20230101T000000Z.to.20230102T000000Z.manifest
cp damaged/duplicity-full.20231114T221320Z.vol1.difftar.gz damaged/duplicity-full.20221114T221320Z.vol1.difftar.gz
json 0 status collection-status "file://$T/damaged"
expect_value status '[(s["type"], s["time"], s["volumes"], s["encrypted"]) for s in d["chains"][0]["sets"]]' \
        "[('full', '2023-11-14T22:13:20Z', 1, False), ('incremental', '2023-11-14T22:30:00Z', 1, False)]"
expect_value status 'd["chains"][0]["primary"], len(d["orphaned_sets"]), len(d["incomplete_sets"])' '(True, 1, 1)'

step 'removal'
json 0 listed remove-all-but-n-full 1 "$target"
expect_value listed 'd["deleted"], d["files"], d["removed_files"]' '(False, [], 0)'
cp -r target pruned
json 0 newer full source "file://$T/pruned" --current-time 1700002000
json 0 removed remove-all-but-n-full 1 "file://$T/pruned" --force
expect_value removed 'd["deleted"], d["removed_files"], len(d["files"]), [(s["type"], s["removed"]) for s in d["sets"]]' \
        "(True, 6, 6, [('full', True), ('incremental', True), ('full', False)])"
grep -q 'Deleting backup chain' removed.err || fail 'people are not told'
mkdir -p cache/untidy && touch cache/untidy/duplicity-full.20200101T000000Z.manifest.part
json 0 cleaned cleanup "file://$T/damaged" --force --name untidy
expect_value cleaned 'd["local_files"]' "['$T/cache/untidy/duplicity-full.20200101T000000Z.manifest.part']"

step 'listing: names of any bytes'
json 0 listing list-current-files "$target"
expect_value listing '[(f["type"], f["path"]) for f in d["files"]]' \
        "[('dir', '.'), ('dir', 'folder'), ('sym', 'link'), ('reg', 'odd\\udcff\\n\"name'), ('reg', 'text')]"

step 'verify and restore'
json 0 same verify "$target" source --compare-data
expect_value same 'd["compared_files"], d["differences"]' '(5, [])'
echo other >source/text
json 1 verify verify "$target" source --compare-data
expect_value verify 'd["difference_count"], d["differences"][0]["path"], d["exit_code"], d["error"]' "(1, 'text', 1, None)"
json 0 restore restore "$target" restored
expect_value restore 'd["restored_files"], d["restored_bytes"]' '(5, 10)'

step 'what is known of each file, and what happened to it'
json 0 long list-current-files --long "$target"
expect_value long '[(f["size"], f["mode"], f["target"]) for f in d["files"][2:4]]' "[(None, '0777', 'text'), (1, '0644', None)]"
json 0 diff diff "$target"
expect_value diff '[(c["path"], c["change"], c["before"]["size"], c["now"]["size"]) for c in d["changes"]]' "[('text', 'changed', 4, 9)]"
expect_value diff 'd["from"], d["to"], d["added"], d["removed"], d["changed"], d["attributes"]' \
        "('2023-11-14T22:13:20Z', '2023-11-14T22:30:00Z', 0, 0, 1, 0)"
json 0 find find text "$target"
expect_value find '[(v["path"], v["change"], v["time"], v["size"]) for v in d["versions"]]' \
        "[('text', 'added', '2023-11-14T22:13:20Z', 4), ('text', 'changed', '2023-11-14T22:30:00Z', 9)]"
json 19 not-found find nothing "$target"
expect_value not-found 'd["versions"], d["error"]["code"]' '([], 19)'
json 0 check check --full "$target"
expect_value check 'd["sound"], d["findings"], d["sets"], d["replayed_files"], d["exit_code"]' '(True, [], 2, 5, 0)'
cp -r target unsound
cp unsound/duplicity-inc.20231114T221320Z.to.20231114T223000Z.manifest unsound/duplicity-inc.20230101T000000Z.to.20230102T000000Z.manifest
cp unsound/duplicity-full.20231114T221320Z.vol1.difftar.gz unsound/duplicity-full.20221114T221320Z.vol1.difftar.gz
json 1 findings check "file://$T/unsound"
expect_value findings 'd["sound"], [f["kind"] for f in d["findings"]], d["warning_count"]' "(False, ['orphan', 'unfinished'], 2)"
json 0 history collection-status --file-changed text "$target"
expect_value history 'd["path"], [(c["type"], c["change"]) for c in d["changes"]]' "('text', [('full', 'new'), ('incremental', 'changed')])"
json 0 in-set collection-status --show-changes-in-set 0 "$target"
expect_value in-set 'd["time"], d["changes"]' "('2023-11-14T22:30:00Z', [{'path': 'text', 'change': 'changed'}])"
mkdir bounds # stock keeps no sizes
echo some >bounds/file
stock full bounds "file://$T/by-stock" "${OPTIONS[@]}" --current-time 1700000000
echo more >>bounds/file
touch -d @1600000000 bounds/file
stock incremental bounds "file://$T/by-stock" "${OPTIONS[@]}" --current-time 1700001000
json 0 long-bounds list-current-files --long "file://$T/by-stock"
expect_value long-bounds '[(f["size"], f["size_at_most"]) for f in d["files"][1:]]' '[(None, 512)]'
json 0 diff-bounds diff "file://$T/by-stock"
json 0 find-bounds find file "file://$T/by-stock"

step 'errors'
json 11 exists restore "$target" restored
expect_value exists 'd["error"]["code"], d["error"]["kind"], d["exit_code"], d["command"]' "(11, 'user', 11, 'restore')"
json 2 wrong restore "$target" elsewhere --no-such-option
expect_value wrong 'd["command"], d["error"]["code"], d["error"]["message"]' \
        "(None, 2, \"unknown option '--no-such-option'\")"
json 2 value full source "$target" --volsize x
expect_value value 'd["error"]["kind"]' user
json 20 nothing list-current-files "file://$T/nowhere"
expect_value nothing 'd["files"], d["error"]["code"]' '([], 20)'
for file in target/*.vol1.*; do printf 'X' | dd of="$file" bs=1 seek=30 conv=notrunc status=none; done
json 21 damaged verify "$target" source
expect_value damaged 'd["error"]["kind"], d["differences"]' "('corrupt', [])"
if needs_root 'files that cannot be read'; then
        mkdir -p private/sub && echo x >private/file && chmod 000 private/file && chmod 755 "$T" private
        mkdir -m 777 nobody
        setpriv --reuid 65534 --clear-groups "$PROG" full private "file://$T/nobody/r" --archive-dir "$T/nobody/a" --tempdir /tmp --no-encryption --json \
                >problems.json 2>/dev/null && fail 'no status 1'
        expect_value problems 'd["problem_count"], len(d["problems"]), d["exit_code"], d["type"]' "(1, 1, 1, 'full')"
fi

step 'the page'
python3 - "$ROOT/docs/JSON.md" <<'END'
import collections, glob, json, re, sys

page = collections.defaultdict(set)
for line in open(sys.argv[1]):
    if line.startswith("## "):
        section = line[3:].strip()
    elif line.startswith("| `"):
        keys = re.findall(r"`([^`]+)`", line.split("|")[1])
        page[section].update(keys)
        for like, of, but in re.findall(r"members as those of `([^`]+)`(?: of ([a-z-]+))?(?: but `([^`]+)`)?", line):
            alike = {name[len(like):] for name in page[of or section] if name.startswith(like + ".")} - {"." + but}
            page[section].update(key + name for key in keys for name in alike)
common = page.pop("Every document")
sections = {command: section for section in page for command in section.split(", ")}


def keys(value, name):
    if isinstance(value, dict):
        return set().union(*(keys(inner, (name + "." if name else "") + key) for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(keys(inner, name + "[]") for inner in value)) if value else set()
    return {name}


def with_parents(names, known):
    return names | {known_name for known_name in known for name in names if name.startswith(known_name + ".")}


seen = collections.defaultdict(set)
for path in sorted(glob.glob("*.json")):
    document = json.load(open(path))
    section = sections.get(document["command"])
    promised = common | page.get(section, set())
    found = with_parents(keys(document, ""), promised)
    assert found <= promised, "%s: not on the page: %s" % (path, sorted(found - promised))
    missing = {"program", "version", "command", "problem_count", "exit_code", "error"} - found
    assert not missing, "%s: missing: %s" % (path, missing)
    seen[section] |= found - common
    seen["common"] |= found & common
for section, names in page.items():
    assert names <= seen[section], "never seen of %s: %s" % (section, sorted(names - seen[section]))
lost = common - seen["common"] - {"problems[]"}
assert not lost, lost
END
