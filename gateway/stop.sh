#!/bin/bash
# Asks Envoy to leave: for images that hold Envoy and bash but no Python (a preStop hook, or before `docker stop`).
# Takes nobody new, lets everybody finish: /readyz is 503 at once, answers say `Connection: close`.
# ADMIN is the loopback port of the admin interface, SECONDS_TO_DRAIN as `--drain-time-s`.
set -euo pipefail

admin() {
  exec 3<>"/dev/tcp/127.0.0.1/${ADMIN:-9900}"
  printf '%s %s HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
  cat <&3
  exec 3<&-
}

admin POST /healthcheck/fail >/dev/null
admin POST '/drain_listeners?graceful&skip_exit' >/dev/null
for _ in $(seq "$((10 * ${SECONDS_TO_DRAIN:-5}))"); do
  busy=$(admin GET '/stats?filter=^http\.(public|storefront)\.downstream_cx_active$' | grep -c 'downstream_cx_active: [1-9]' || true)
  [ "$busy" = 0 ] && break
  sleep 0.1
done
