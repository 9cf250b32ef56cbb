#!/bin/bash
# As the official image: a configuration file, or options, are valkey-server's.
set -euo pipefail
if [ "${1:0:1}" = - ] || [ "${1%.conf}" != "$1" ]; then set -- valkey-server "$@"; fi
# Without a password Valkey would answer nobody but this container.
[ "$1" != valkey-server ] || set -- "$@" --protected-mode no
exec "$@"
