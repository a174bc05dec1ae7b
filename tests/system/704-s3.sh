# Whole runs in a bucket of OpenStack Swift, by its S3 API.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other URLs'
mkdir "$T/s3"
server_s3 "$T/s3"
export AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
SECRET=testing
whole_run "s3+http://$S3_SERVER/bucket/some/folder %@" "boto3+s3://bucket/some/folder %@" --s3-endpoint-url "http://$S3_SERVER" --s3-region-name test-region-1

step 'a wrong key ends a run at once'
AWS_SECRET_ACCESS_KEY=wrong expect_status 51 ours collection-status "s3+http://$S3_SERVER/bucket/x"
expect_output AWS_SECRET_ACCESS_KEY
expect_status 52 ours collection-status "s3+http://$S3_SERVER/no-such-bucket/x"
expect_output 'create the bucket'

step 'the same bucket by the option that names the server'
ours full source boto3+s3://bucket/other --s3-endpoint-url "http://$S3_SERVER" --s3-region-name test-region-1 --concurrency 2 --volsize 1
ours verify --compare-data "s3:$S3_SERVER/bucket/other" source --s3-unencrypted-connection
