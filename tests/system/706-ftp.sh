# Whole runs on an FTP server.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other options'
mkdir "$T/ftp"
chmod o+x "$T"
server_ftp "$T/ftp"
url=ftp://us%20er%40x:p%40ss%3Aw%2Frd%231@$FTP_SERVER/some/folder
whole_run "$url" "$url"
