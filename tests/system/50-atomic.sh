# Killed anywhere, a backup leaves a repository from which every earlier set can be restored, by both tools, and that can be continued.
make_tree source
tree save source 0.tree
profile plain
target=file://$T/target
ours full source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700000000
tree change source 1
tree save source 1.tree
ours incremental source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700001000
tree change source 2
tree save source 2.tree
dd if=/dev/urandom of=source/content/much bs=1M count=24 status=none

earlier_sets_are_whole() {
        local tool=$1
        rm -rf restored
        $tool restore "$target" restored "${OPTIONS[@]}" --time 1700000000
        same_tree 0.tree restored stock-times
        rm -rf restored
        $tool restore "$target" restored "${OPTIONS[@]}" --time 1700001000
        same_tree 1.tree restored stock-times
}

# killed SIGNAL SECONDS COMMAND...: runs it in the background and kills it after SECONDS (if it still runs)
killed() {
        local signal=$1 seconds=$2
        shift 2
        "$PROG" "$@" --archive-dir "$T/cache-ours" "${OPTIONS[@]}" >"$T/out" 2>&1 &
        local pid=$! status=0
        sleep "$seconds"
        kill "-$signal" $pid 2>/dev/null || echo 'it had ended already'
        wait $pid || status=$?
        KILLED_STATUS=$status
}

step 'how long a backup takes'
cp -r target timed
started=$(date +%s%N)
ours full source "file://$T/timed" "${OPTIONS[@]}" --volsize 1 --current-time 1700002000
duration=$((($(date +%s%N) - started) / 1000000))
rm -rf timed cache-ours/*
ours collection-status "$target" "${OPTIONS[@]}"

step "killed 20 times within $duration ms"
for number in $(seq 20); do
        verb=$([ $((number % 2)) = 0 ] && echo full || echo incremental)
        killed KILL "$(awk -v n="$number" -v d="$duration" 'BEGIN { printf "%.3f", d * (n * 7 % 20 + 0.5) / 20 / 1000 }')" \
                $verb source "$target" --volsize 1 --current-time $((1700002000 + number))
        if [ "$KILLED_STATUS" = 0 ]; then # it was faster: then the set has to be whole, and is taken away again
                rm -rf restored
                ours restore "$target" restored "${OPTIONS[@]}"
                cmp source/content/much restored/content/much
                find target -newer 2.tree -delete 2>/dev/null || true
        fi
        earlier_sets_are_whole ours
        [ $((number % 7)) != 0 ] || earlier_sets_are_whole stock
        check_scratch
done
names target | grep -v '^duplicity-' && fail 'names that are neither ours nor hidden'

step 'continued afterwards'
ours incremental source "$target" "${OPTIONS[@]}" --volsize 1 --current-time 1700003000
ours verify --compare-data "$target" source "${OPTIONS[@]}"
prog_is_stock || stock incremental source "$target" "${OPTIONS[@]}" --current-time 1700004000
prog_is_stock || expect_nothing_new
earlier_sets_are_whole ours
earlier_sets_are_whole stock

# The elder tool cannot continue such a chain.
if ! prog_is_stock; then
        step 'killed after the signatures, before the manifest: the moment that confuses signature chains'
        rm -rf cache-ours cache-stock cut
        mkdir cut
        ours full source "file://$T/cut" "${OPTIONS[@]}" --current-time 1700000000
        echo more >>source/content/text
        ours incremental source "file://$T/cut" "${OPTIONS[@]}" --current-time 1700001000
        rm cut/duplicity-inc.*.manifest
        echo still more >>source/content/text
        ours incremental source "file://$T/cut" "${OPTIONS[@]}" --current-time 1700002000
        ours verify --compare-data "file://$T/cut" source "${OPTIONS[@]}"
        stock verify --compare-data "file://$T/cut" source "${OPTIONS[@]}"
        stock incremental source "file://$T/cut" "${OPTIONS[@]}" --current-time 1700003000
        expect_nothing_new
fi

prog_is_stock && exit 0 # it writes under final names, and leaves scratch files behind

step 'finished names hold finished files at every moment; the manifest comes last'
python3 - "$PROG" "$T" <<'END'
import ctypes, os, struct, subprocess, sys, time
program, here = sys.argv[1:]
target = here + "/watched"
os.mkdir(target)
libc = ctypes.CDLL(None)
events = libc.inotify_init1(os.O_NONBLOCK)
assert libc.inotify_add_watch(events, target.encode(), 0x80 | 0x100) >= 0  # names moved there, names made
run = subprocess.Popen([program, "full", "source", "file://" + target, "--no-encryption", "--volsize", "1", "--archive-dir", here + "/cache-watched"],
                       stdout=subprocess.DEVNULL)
sizes = {}
while True:
    ended = run.poll() is not None
    for name in os.listdir(target) if os.path.isdir(target) else []:
        if name.startswith("."):
            continue
        size = os.stat(os.path.join(target, name)).st_size
        if sizes.get(name, size) != size:
            sys.exit("%s grew from %d to %d under its final name" % (name, sizes[name], size))
        sizes.setdefault(name, size)
    if ended:
        break
    time.sleep(0.001)
if run.returncode:
    sys.exit("backup failed")
order, text = [], os.read(events, 1 << 20)
while text:
    length, = struct.unpack_from("12xI", text)
    name = text[16:16 + length].rstrip(b"\0").decode()
    order += [] if name.startswith(".") or name in order else [name]
    text = text[16 + length:]
if sorted(order) != sorted(sizes):
    sys.exit("names came and went: %s" % order)
kinds = ["volume" if ".difftar" in n else "signature" if ".sigtar" in n else "manifest" for n in order]
if kinds[-1] != "manifest" or kinds.count("manifest") != 1:
    sys.exit("the manifest is not last: %s" % kinds)
if os.path.basename(program) != "duplicity" and any(n.startswith(".") for n in os.listdir(target)):
    sys.exit("hidden files are left over: %s" % os.listdir(target))
END

step 'interrupted by signals: scratch files are gone, nothing is broken'
for signal in INT TERM HUP KILL; do
        rm -rf interrupted
        # a child of a shell without job control ignores SIGINT, so it is started by python
        python3 - "$signal" "$PROG" full source "file://$T/interrupted" --no-encryption --volsize 1 --archive-dir "$T/cache-$signal" <<'END'
import os, signal, subprocess, sys, time
name, *command = sys.argv[1:]
run = subprocess.Popen(command, preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])
while run.poll() is None and not (os.path.isdir("interrupted") and any("vol2." in n for n in os.listdir("interrupted"))):
    time.sleep(0.001)
early = run.poll() is None
run.send_signal(getattr(signal, "SIG" + name))
status = run.wait(30)
print(name, status)
if early and name != "KILL" and not command[0].endswith("/duplicity") and status != 4:
    sys.exit("status %d instead of 4 after SIG%s" % (status, name))
END
        check_scratch
        [ ! -d interrupted ] || ! ls interrupted | grep manifest || echo 'it was finished already'
done
