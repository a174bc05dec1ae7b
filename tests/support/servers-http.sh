# Real servers on loopback for S3 (OpenStack Swift), WebDAV (Apache), FTP (Pure-FTPd) and Azure (Azurite), and a proxy that breaks
# connections. Sourced by bash scripts; each server lives in a folder of its own and ends with the script, or by servers_stop.
#
#   server_s3 FOLDER        sets S3_SERVER (host:port); keys test:tester and testing, bucket "bucket"
#   server_webdav FOLDER    sets WEBDAV_SERVER, WEBDAVS_SERVER (TLS, certificate by $FOLDER/ca.pem); user "us er@x", password "p@ss:w/rd"
#   server_ftp FOLDER       sets FTP_SERVER, FTPS_SERVER (implicit TLS); the same user
#   server_azure FOLDER     sets AZURE_SERVER; account "account1", key $AZURE_KEY
#   server_faults NAME TARGET FOLDER   sets NAME_FAULT_SERVER, which passes on to TARGET as the file $NAME_FAULTS says (faults.py)
SERVER_PIDS=()
SERVER_SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERVER_USER='us er@x'
SERVER_PASSWORD='p@ss:w/rd#1'
AZURE_KEY=Y2hhcm0tZHVwbGljaXR5IHRlc3RzIHVzZSB0aGlzIGtleSBvbmx5IG9uIGxvb3BiYWNr

server_fail() {
        printf 'FAIL: %s\n' "$*" >&2
        return 1
}

# Ports that are free now, below those the kernel hands out.
free_ports() {
        python3 - "$1" <<'PYTHON'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", random.randrange(12000, 32000)))
        held.append(one)
    except OSError:
        pass
print(*(one.getsockname()[1] for one in held))
PYTHON
}

# run_server LOG COMMAND...: in the background; it dies with us, whatever ends us
run_server() {
        local log=$1
        shift
        setpriv --pdeathsig KILL "$@" >"$log" 2>&1 </dev/null &
        SERVER_PIDS+=($!)
}

# wait_for_port PORT LOG: until somebody listens there
wait_for_port() {
        local try
        for ((try = 0; try < 300; try++)); do
                (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
                sleep 0.1
        done
        tail -n 20 "$2" >&2
        server_fail "nobody listens on port $1"
}

servers_stop() {
        local pid
        for pid in "${SERVER_PIDS[@]}"; do
                pkill -KILL -P "$pid" 2>/dev/null || true
                kill -KILL "$pid" 2>/dev/null || true
                wait "$pid" 2>/dev/null || true
        done
        SERVER_PIDS=()
}
trap servers_stop EXIT

server_s3() {
        local folder=$1 kind proxy account container object cache
        mkdir -p "$folder/disk/d1"
        read -r proxy account container object cache < <(free_ports 5)
        /usr/bin/python3 "$SERVER_SUPPORT/swift_server.py" "$folder" "$proxy" "$account" "$container" "$object" "$cache" >"$folder/rings.log" 2>&1 ||
                { tail -n 5 "$folder/rings.log" >&2; server_fail 'cannot make the rings of Swift'; }
        run_server "$folder/memcached.log" memcached -l 127.0.0.1 -p "$cache" -U 0 -u "$(id -un)"
        for kind in account container object proxy; do
                run_server "$folder/$kind.log" "swift-$kind-server" "$folder/$kind.conf" -v
        done
        for kind in account container object proxy; do
                wait_for_port "${!kind}" "$folder/$kind.log"
        done
        S3_SERVER=127.0.0.1:$proxy
        /usr/bin/python3 "$SERVER_SUPPORT/swift_server.py" bucket "$S3_SERVER" bucket || server_fail 'cannot make a bucket'
}

# server_faults NAME TARGET FOLDER: sets NAME_FAULT_SERVER, which passes on to TARGET, and NAME_FAULTS, the file that tells it how; see faults.py
server_faults() {
        local folder port
        folder=$(mktemp -d "$3/faults-XXXXXX")
        read -r port < <(free_ports 1)
        : >"$folder/faults"
        run_server "$folder/log" python3 "$SERVER_SUPPORT/faults.py" "$port" "$2" "$folder/faults"
        wait_for_port "$port" "$folder/log"
        printf -v "$1_FAULT_SERVER" 127.0.0.1:%s "$port"
        printf -v "$1_FAULTS" %s "$folder/faults"
}
