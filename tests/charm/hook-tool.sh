#!/bin/sh
# Stands in for Juju's hook tools where there is nothing but a shell: which one follows from the name it is called by.
# What Juju would answer, and what it is told, are files in $JUJU_STAND_IN. tests/charm/hook-tool is the strict one.
case ${0##*/} in
config-get) cat "$JUJU_STAND_IN/config.json" ;;
action-get) cat "$JUJU_STAND_IN/action.json" ;;
relation-ids) echo '[]' ;;
status-get) echo '{"status":"unknown"}' ;;
status-set) printf '%s\n' "$*" >"$JUJU_STAND_IN/status" ;;
action-set) printf '%s\n' "$*" >>"$JUJU_STAND_IN/results" ;;
action-fail) printf '%s\n' "$*" >"$JUJU_STAND_IN/failed" ;;
juju-log | action-log) printf '%s\n' "$*" >>"$JUJU_STAND_IN/log" ;;
application-version-set) ;;
*) exit 1 ;;
esac
