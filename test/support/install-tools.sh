#!/usr/bin/env bash
# Installs the Debian packages that the tests run for real, and with `bench` those that are measured beside hallpass. Does
# nothing where they are there.
set -euo pipefail

declare -A package_of=(
  [redis-server]=redis-server
  [redis-cli]=redis-tools
  [openssl]=openssl
  [curl]=curl
  [docker-compose]=docker-compose
  [chromium]=chromium
  [/usr/bin/python3]=python3
)
# Of Debian's own Python, whichever else is first on the path.
declare -A package_of_module=(
  [jwt]=python3-jwt
  [cryptography]=python3-cryptography
  [requests_oauthlib]=python3-requests-oauthlib
  [authlib]=python3-authlib
)

[ "${1:-}" != bench ] || package_of+=(
  [/usr/sbin/nginx]=nginx-light
  [/usr/sbin/apache2]=apache2
  [/usr/lib/apache2/modules/mod_auth_openidc.so]=libapache2-mod-auth-openidc
  [wrk]=wrk
)

missing=()
for command in "${!package_of[@]}"; do
  [ -e "$command" ] || command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
done
for module in "${!package_of_module[@]}"; do
  /usr/bin/python3 -c "import $module" 2>/dev/null || missing+=("${package_of_module[$module]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "The tests need these programs; install them and run again: ${missing[*]}" >&2
  exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# The tests start their own servers on their own ports: the packages must not start theirs.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
