# Whole runs on a WebDAV server.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other options'
mkdir "$T/webdav"
server_webdav "$T/webdav"
url=webdav://$SERVER_LOGIN@$WEBDAV_SERVER/dav/some/folder
whole_run "$url" "webdav://any:one@$WEBDAV_SERVER/open/some/folder" # its Digest fails with such names, and it asks for a password always
names "$T/webdav/files/some/folder" | grep -q '^\.' && fail 'unfinished files are left'

step 'TLS, with the password from the environment'
FTP_PASSWORD=$SERVER_PASSWORD ours full source "webdavs://${SERVER_LOGIN%:*}@$WEBDAVS_SERVER/dav/tls" --ssl-cacert-file "$T/webdav/ca.pem"
expect_status 51 ours full source "webdavs://${SERVER_LOGIN%:*}@$WEBDAVS_SERVER/dav/tls2"
expect_output '--ssl-cacert-file'

step '--concurrency: so many volumes are fetched at once'
export FTP_PASSWORD=$SERVER_PASSWORD
dd if=/dev/urandom of=source/more bs=1M count=6 status=none
ours full source "webdav://${SERVER_LOGIN%:*}@$WEBDAV_SERVER/dav/many" --volsize 1
server_faults WEBDAV "$WEBDAV_SERVER" "$T/webdav"
echo slow 400000 >"$WEBDAV_FAULTS"
ours restore "webdav://${SERVER_LOGIN%:*}@$WEBDAV_FAULT_SERVER/dav/many" restored --concurrency 3 --archive-dir "$T/cache-many" &
run=$!
most=0
while kill -0 "$run" 2>/dev/null; do
        now=$(awk -v "port=$(printf %04X "${WEBDAV_FAULT_SERVER##*:}")" '$3 ~ ":" port "$" && $4 == "01"' /proc/net/tcp | wc -l)
        [ "$now" -le "$most" ] || most=$now
        sleep 0.05
done
wait "$run"
[ "$most" -ge 4 ] || fail "at most $most connections were open, not one for listings and three for volumes"
same_tree source restored stock-times
