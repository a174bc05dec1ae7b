# Real servers on loopback for S3 (OpenStack Swift), WebDAV (Apache), FTP (Pure-FTPd) and Azure (Azurite), and a proxy that breaks
# connections. Sourced by bash scripts; each server lives in a folder of its own and ends with the script, or by servers_stop.
#
#   server_s3 FOLDER        sets S3_SERVER (host:port); keys test:tester and testing, bucket "bucket"
#   server_webdav FOLDER    sets WEBDAV_SERVER, WEBDAVS_SERVER (TLS, certificate by $FOLDER/ca.pem; with the same port, at 127.0.0.2 one
#                           that is not for that address, at 127.0.0.3 one that expired); user and password below
#   server_ftp FOLDER       sets FTP_SERVER, FTPS_SERVER (implicit TLS); the same user
#   server_azure FOLDER     sets AZURE_SERVER; account "account1", key $AZURE_KEY
#   server_tls NAME TARGET FOLDER            sets NAME_TLS_SERVER, which is TARGET with TLS, certificate by NAME_AUTHORITY
#   server_faults NAME TARGET FOLDER [ftp]   sets NAME_FAULT_SERVER, which passes on to TARGET as the file $NAME_FAULTS says (faults.py)
SERVER_PIDS=()
SERVER_SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERVER_USER='us/er @x%+=&#ü'
SERVER_PASSWORD='p@ss:w/rd #1%+=&ü'
SERVER_LOGIN=us%2Fer%20%40x%25%2B%3D%26%23%C3%BC:p%40ss%3Aw%2Frd%20%231%25%2B%3D%26%C3%BC # both, as URLs have them
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

# make_certificate FOLDER: an authority of our own, ca.pem, and what it signed for 127.0.0.1, 127.0.0.3 and localhost: server.pem with its
# key; expired.pem, the same, which ended yesterday
make_certificate() {
        (cd "$1" && {
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=tests \
                        -addext basicConstraints=critical,CA:TRUE
                openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
                for days in server:30 expired:-1; do
                        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days "${days#*:}" -out "${days%:*}.crt" \
                                -extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.3')
                        cat "${days%:*}.crt" server.key >"${days%:*}.pem"
                done
        } >certificate.log 2>&1) || server_fail 'cannot make a certificate'
}

# Apache: below /dav a folder for Digest, below /basic the same one for Basic, below /open without login; the first alone takes TLS too.
server_webdav() {
        local folder=$1 port tls modules=/usr/lib/apache2/modules module
        read -r port tls < <(free_ports 2)
        mkdir "$folder/files" "$folder/locks"
        make_certificate "$folder"
        printf '%s:%s:%s\n' "$SERVER_USER" tests "$(printf %s "$SERVER_USER:tests:$SERVER_PASSWORD" | md5sum | cut -d ' ' -f 1)" >"$folder/digest"
        printf %s "$SERVER_PASSWORD" | htpasswd -nim "$SERVER_USER" >"$folder/basic"
        {
                for module in mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs alias ssl socache_shmcb unixd; do
                        [ ! -e "$modules/mod_$module.so" ] || echo "LoadModule ${module}_module $modules/mod_$module.so"
                done
                cat <<APACHE
ServerName localhost
Listen 127.0.0.1:$port
Listen 127.0.0.1:$tls
Listen 127.0.0.2:$tls
Listen 127.0.0.3:$tls
PidFile $folder/pid
DefaultRuntimeDir $folder
Mutex file:$folder
ErrorLog $folder/error.log
DAVLockDB $folder/locks/db
DAVMinTimeout 600
StartServers 1
MaxRequestWorkers 25
LimitXMLRequestBody 0
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data')
<Directory />
        Require all granted
</Directory>
Alias /dav $folder/files
Alias /basic $folder/files
Alias /open $folder/files
Alias /shut $folder/shut
<Location /dav>
        Dav On
        AuthType Digest
        AuthName tests
        AuthUserFile $folder/digest
        Require valid-user
</Location>
<Location /basic>
        Dav On
        AuthType Basic
        AuthName tests
        AuthUserFile $folder/basic
        Require valid-user
</Location>
<Location /open>
        Dav On
</Location>
<Location /shut>
        Require all denied
</Location>
<VirtualHost 127.0.0.1:$tls 127.0.0.2:$tls>
        SSLEngine on
        SSLCertificateFile $folder/server.pem
</VirtualHost>
<VirtualHost 127.0.0.3:$tls>
        SSLEngine on
        SSLCertificateFile $folder/expired.pem
</VirtualHost>
APACHE
        } >"$folder/apache.conf"
        [ "$(id -u)" != 0 ] || chown www-data "$folder/files" "$folder/locks"
        run_server "$folder/log" apache2 -f "$folder/apache.conf" -DFOREGROUND
        wait_for_port "$port" "$folder/error.log"
        WEBDAV_SERVER=127.0.0.1:$port WEBDAVS_SERVER=127.0.0.1:$tls
}

# Pure-FTPd, twice: plain and AUTH TLS on one port, TLS from the first byte on the other; a third user may store 3 MiB only.
server_ftp() {
        local folder=$1 port tls
        read -r port tls < <(free_ports 2)
        mkdir -p "$folder/home" "$folder/small/shut"
        chmod 555 "$folder/small/shut"
        make_certificate "$folder"
        ftp_user "$folder" "$SERVER_USER" "$folder/home"
        ftp_user "$folder" small "$folder/small" -N 3
        set -- -l "puredb:$folder/users.pdb" -E -H -A -c 50 -C 50 -L 100000:1 -u 1 -2 "$folder/server.pem"
        run_server "$folder/log" pure-ftpd "$@" -S "127.0.0.1,$port" -Y 1 -g "$folder/pid"
        run_server "$folder/log-tls" pure-ftpd "$@" -S "127.0.0.1,$tls" -Y 3 -g "$folder/pid-tls"
        wait_for_port "$port" "$folder/log"
        wait_for_port "$tls" "$folder/log-tls"
        FTP_SERVER=127.0.0.1:$port FTPS_SERVER=127.0.0.1:$tls
}

# ftp_user FOLDER NAME HOME [OPTION...]: adds one with the usual password, hashed in a way that does not take seconds
ftp_user() {
        local folder=$1 name=$2 home=$3 hash
        shift 3
        chown nobody "$home"
        hash=$(openssl passwd -6 "$SERVER_PASSWORD")
        {
                printf 'x\nx\n' | pure-pw useradd "$name" -f "$folder/users" -u nobody -g nogroup -d "$home" "$@"
                HASH=$hash awk -F: -v OFS=: -v name="$name" '$1 == name { $2 = ENVIRON["HASH"] } { print }' "$folder/users" >"$folder/users.new"
                mv "$folder/users.new" "$folder/users"
                pure-pw mkdb "$folder/users.pdb" -f "$folder/users"
        } >"$folder/users.log" 2>&1 || { cat "$folder/users.log" >&2; server_fail "cannot add the user $name"; }
}

# azurite_installed: false where it cannot run and its tests are to be skipped
azurite_installed() {
        local status=0
        "$SERVER_SUPPORT/../../tools/install-azurite" || status=$?
        [ $status = 0 ] || [ $status = 77 ] || exit $status
        return $status
}

# Azurite, of build/azurite.
server_azure() {
        local folder=$1 port
        "$SERVER_SUPPORT/../../tools/install-azurite"
        read -r port < <(free_ports 1)
        AZURITE_ACCOUNTS=account1:$AZURE_KEY run_server "$folder/log" node "$SERVER_SUPPORT/../../build/azurite/node_modules/azurite/dist/src/blob/main.js" \
                --blobHost 127.0.0.1 --blobPort "$port" --location "$folder" --silent --disableProductStyleUrl --disableTelemetry --skipApiVersionCheck
        wait_for_port "$port" "$folder/log"
        AZURE_SERVER=127.0.0.1:$port
}

# server_tls NAME TARGET FOLDER: sets NAME_TLS_SERVER, which passes on to TARGET what comes by TLS, and NAME_AUTHORITY, the file that vouches for it
server_tls() {
        local folder port
        folder=$(mktemp -d "$3/tls-XXXXXX")
        read -r port < <(free_ports 1)
        make_certificate "$folder"
        run_server "$folder/log" python3 "$SERVER_SUPPORT/tls_end.py" "$port" "$2" "$folder/server.pem"
        wait_for_port "$port" "$folder/log"
        printf -v "$1_TLS_SERVER" 127.0.0.1:%s "$port"
        printf -v "$1_AUTHORITY" %s "$folder/ca.pem"
}

# server_faults NAME TARGET FOLDER [ftp]: sets NAME_FAULT_SERVER, which passes on to TARGET, and NAME_FAULTS, the file that tells it how; see faults.py
server_faults() {
        local folder port
        folder=$(mktemp -d "$3/faults-XXXXXX")
        read -r port < <(free_ports 1)
        : >"$folder/faults"
        run_server "$folder/log" python3 "$SERVER_SUPPORT/faults.py" "$port" "$2" "$folder/faults" ${4:+"$4"}
        wait_for_port "$port" "$folder/log"
        printf -v "$1_FAULT_SERVER" 127.0.0.1:%s "$port"
        printf -v "$1_FAULTS" %s "$folder/faults"
}
