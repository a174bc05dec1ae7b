# Whole runs on a WebDAV server.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other options'
mkdir "$T/webdav"
server_webdav "$T/webdav"
url=webdav://us%20er%40x:p%40ss%3Aw%2Frd%231@$WEBDAV_SERVER/dav/some/folder
whole_run "$url" "webdav://any:one@$WEBDAV_SERVER/open/some/folder" # its Digest fails with such names, and it asks for a password always
names "$T/webdav/files/some/folder" | grep -q '^\.' && fail 'unfinished files are left'

step 'TLS, with the password from the environment'
FTP_PASSWORD=$SERVER_PASSWORD ours full source "webdavs://us%20er%40x@$WEBDAVS_SERVER/dav/tls" --ssl-cacert-file "$T/webdav/ca.pem"
expect_status 51 ours full source "webdavs://us%20er%40x@$WEBDAVS_SERVER/dav/tls2"
expect_output '--ssl-cacert-file'
