# shellcheck shell=bash
# Sourced by the builders: what this machine has set up to reach package registries, handed to a build as secrets, so
# that none of it stays in a layer. `machine` holds the options for `docker buildx build`.
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
machine=(--network host)

for each in "${MERCATO_CERTIFICATES:-}" "${SSL_CERT_FILE:-}" "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}"; do
  [ -f "$each" ] || continue
  machine+=(--secret "id=certificates,src=$each")
  break
done

for each in PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL; do
  [ -z "${!each:-}" ] || printf "export %s='%s'\n" "$each" "${!each}" >>"$own/index"
done
[ ! -f "$own/index" ] || machine+=(--secret "id=index,src=$own/index")

for each in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do # build arguments that stay nowhere
  [ -z "${!each:-}" ] || machine+=(--build-arg "$each")
done
