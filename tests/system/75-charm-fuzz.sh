# Every option of the charm, given junk of many kinds: the hook never fails, the unit is blocked with a message that
# names the option, or it is well; and what the hook has written is whole, whatever it was given.
. "$SUPPORT/charm.sh"
new_machine
mkdir -p "$ROOT_OF_CHARM/etc/nagios/nrpe.d" "$ROOT_OF_CHARM/var/lib/nagios/export"
deploy duplicity/0
python3 "$SUPPORT/junk.py" "$CHARM" "$ROOT_OF_CHARM" "$STAND_INS" "$T/fuzz"
