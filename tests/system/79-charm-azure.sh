# The charm at Azurite, Azure's own emulator, as 76-charm-http at other servers.
. "$SUPPORT/charm.sh"
. "$SUPPORT/charm-storage.sh"
. "$SUPPORT/servers-http.sh"
azurite_installed || lacks 'Node is too old for Azurite'
storage_begin
mkdir azure
server_azure "$T/azure"
SECRET=$AZURE_KEY
account="DefaultEndpointsProtocol=http;AccountName=account1;BlobEndpoint=http://$AZURE_SERVER/account1"
with_storage backend=azure remote_backup_url=some-container \
        azure_connection_string="$account;AccountKey=$SECRET"
refused 'correct the key in azure_connection_string' azure_connection_string="$account;AccountKey=d3Jvbmctc2VjcmV0"
refused 'correct azure_connection_string' azure_connection_string="$account"
