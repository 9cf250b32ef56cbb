#!/bin/bash
# As far as compose uses it, what the official image does: on a data folder without a root user, a server that only this
# container reaches, which is told of the user and ends; then the server that was asked for.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- mongod "$@"

secret() { # of the variable NAME, or of the file that NAME_FILE names
  local file="$1_FILE"
  if [ -n "${!file:-}" ]; then printf '%s' "$(<"${!file}")"; else printf '%s' "${!1:-}"; fi
}

if [ "$1" = mongod ]; then
  name=$(secret MONGO_INITDB_ROOT_USERNAME) password=$(secret MONGO_INITDB_ROOT_PASSWORD)
  if [ -n "$name" ] && [ -n "$password" ]; then
    set -- "$@" --auth
    if [ ! -e /data/db/WiredTiger ]; then
      mongod --dbpath /data/db --bind_ip 127.0.0.1 --port 27017 --nounixsocket --fork --logpath /data/db/first-start.log
      printf '%s' "$password" | mongosh --create-root "$name"
      mongod --dbpath /data/db --shutdown
      rm /data/db/first-start.log
    fi
  fi
fi
exec "$@"
