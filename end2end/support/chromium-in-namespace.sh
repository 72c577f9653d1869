#!/bin/sh
# Chromium in the network namespace $ROLLCALL_NETNS, for Playwright, which speaks to it over pipes.
exec ip netns exec "$ROLLCALL_NETNS" "${CHROMIUM:-/usr/bin/chromium}" "$@"
