#!/bin/sh
# Nothing is started: what is to run stands in files that are not there yet. What
# runs goes on with the new program.
set -e
if [ "$1" = configure ] && [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	if [ -n "$2" ]; then
		systemctl try-restart hlspeer-peer.service hlspeer-tracker.service
	fi
fi
