"""Sets OpenStack Swift with its S3 API up for tests.

swift_server.py FOLDER PROXY ACCOUNT CONTAINER OBJECT MEMCACHED   configuration and rings for servers on these ports; that of clients listens on
                                                                  $SERVER_ADDRESS
swift_server.py bucket HOST:PORT NAME                             makes a bucket, by Swift's own protocol
"""
import getpass
import http.client
import os
import sys

COMMON = """[DEFAULT]
bind_ip = {address}
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/disk
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_level = WARNING
log_address = {folder}/no-syslog
"""
STORAGE = COMMON + """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
# Parts of any size and pages of 1000: tests need not be large.
PROXY = COMMON + """
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth bulk slo dlo copy proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = test-region-1
storage_domain = s3.test
min_segment_size = 1
max_bucket_listing = 1000
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_reader = reading
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:copy]
use = egg:swift#copy
"""


def configure(folder, proxy, cache, ports):
    from swift.common.ring import RingBuilder
    user = getpass.getuser()
    for kind, port in ports.items():
        builder = RingBuilder(2, 1, 0)
        builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1})
        builder.rebalance()
        builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))
        with open(os.path.join(folder, kind + ".conf"), "w") as out:
            out.write(STORAGE.format(kind=kind, address="127.0.0.1", port=port, folder=folder, user=user))
    with open(os.path.join(folder, "proxy.conf"), "w") as out:
        out.write(PROXY.format(address=os.environ.get("SERVER_ADDRESS", "127.0.0.1"), port=proxy, folder=folder, user=user, cache=cache))


def make_bucket(server, name):
    line = http.client.HTTPConnection(server, timeout=30)
    line.request("GET", "/auth/v1.0", headers={"X-Auth-User": "test:tester", "X-Auth-Key": "testing"})
    answer = line.getresponse()
    answer.read()
    url = answer.headers["X-Storage-Url"]
    line.request("PUT", url[url.index("/v1/"):] + "/" + name, headers={"X-Auth-Token": answer.headers["X-Auth-Token"]})
    answer = line.getresponse()
    answer.read()
    return 0 if answer.status // 100 == 2 else 1


if __name__ == "__main__":
    if sys.argv[1] == "bucket":
        sys.exit(make_bucket(sys.argv[2], sys.argv[3]))
    numbers = [int(text) for text in sys.argv[2:]]
    configure(sys.argv[1], numbers[0], numbers[4], dict(zip(("account", "container", "object"), numbers[1:4])))
