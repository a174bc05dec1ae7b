# The charm at real servers of S3, WebDAV and FTP, with credentials from its config alone; what they refuse is
# told by the option to set, and no secret is seen by anybody.
. "$SUPPORT/charm.sh"
. "$SUPPORT/charm-storage.sh"
. "$SUPPORT/servers-http.sh"
storage_begin
mkdir s3 webdav ftp
openssl req -x509 -newkey ed25519 -nodes -subj /CN=stranger -keyout /dev/null -out stranger.pem 2>/dev/null

step 's3'
server_s3 "$T/s3"
SECRET=testing
with_storage backend=s3 remote_backup_url="s3+http://$S3_SERVER/bucket/some folder" s3_region=test-region-1 \
        s3_addressing_style=path \
        aws_access_key_id=test:tester aws_secret_access_key="$SECRET"
go_on
unseen "$SECRET"
refused 'correct aws_secret_access_key' aws_secret_access_key=wrong-secret
refused 'create the bucket, or correct remote_backup_url' aws_secret_access_key="$SECRET" \
        remote_backup_url="s3+http://$S3_SERVER/no-such-bucket/x"

step 'webdav'
server_webdav "$T/webdav"
SECRET=$SERVER_PASSWORD
with_storage backend=webdav remote_backup_url="$WEBDAVS_SERVER/dav/some folder" tls_ca_certificate@webdav/ca.pem \
        remote_user="$SERVER_USER" remote_password="$SECRET" aws_secret_access_key=
refused 'correct remote_user and remote_password' remote_password=wrong-secret
refused "name who signed the server's certificate with tls_ca_certificate" remote_password="$SECRET" \
        tls_ca_certificate@stranger.pem

step 'ftp'
server_ftp "$T/ftp"
with_storage backend=ftp remote_backup_url="ftps://$FTPS_SERVER/some folder" tls_ca_certificate@ftp/ca.pem
refused 'correct remote_user and remote_password' remote_password=wrong-secret
