# Whole runs on an FTP server.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other options'
mkdir "$T/ftp"
chmod o+x "$T"
server_ftp "$T/ftp"
url=ftp://$SERVER_LOGIN@$FTP_SERVER/some/folder
whole_run "$url" "$url"

step 'TLS, from the first byte and by AUTH TLS, with the password from the environment'
export FTP_PASSWORD=$SERVER_PASSWORD
ours full source "ftps://${SERVER_LOGIN%:*}@$FTPS_SERVER/tls" --ssl-cacert-file "$T/ftp/ca.pem"
ours verify --compare-data "ftpes://${SERVER_LOGIN%:*}@$FTP_SERVER/tls" source --ssl-cacert-file "$T/ftp/ca.pem"
expect_status 51 ours full source "ftps://${SERVER_LOGIN%:*}@$FTPS_SERVER/refused"
expect_output '--ssl-cacert-file'
[ ! -e ftp/home/refused ] || fail 'a refused backup left a folder'
