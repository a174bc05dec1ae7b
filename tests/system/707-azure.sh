# Whole runs in Azurite, Azure's own emulator.
. "$SUPPORT/servers-http.sh"
. "$SUPPORT/remote.sh"
prog_is_stock && skip 'the elder tool has other URLs'
mkdir "$T/azure"
azurite_installed || lacks 'Node is too old for Azurite'
server_azure "$T/azure"
export AZURE_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=account1;AccountKey=$AZURE_KEY;BlobEndpoint=http://$AZURE_SERVER/account1;"
SECRET=$AZURE_KEY
whole_run azure://some-container azure://some-container

step 'a folder in a container that is made'
ours full source azure://other-container/folder
ours verify --compare-data azure://other-container/folder source
