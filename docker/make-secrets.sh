#!/bin/sh
# Makes what compose.yaml needs and git must not have: secrets/ and .env. What is there already is kept.
#
# compose mounts each file as it is, owner and mode included, into containers that run as other users than the file's owner. So all
# may read the files, and only the owner may pass the folder they are in: on this machine nobody else gets as far as a file.
set -eu
cd "$(dirname "$0")"
umask 077

random() { # 32 bytes, base64url
  head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}

keep() { # NAME VALUE
  if [ -d "secrets/$1" ]; then rmdir "secrets/$1"; fi # Docker makes a folder of a file that it misses
  if [ ! -s "secrets/$1" ]; then
    printf '%s\n' "$2" > "secrets/$1"
    echo "made docker/secrets/$1"
  fi
  chmod 0644 "secrets/$1"
}

mkdir -p secrets
chmod 0700 secrets
keep redis-password.txt "$(random)"
keep store-url.txt "redis://:$(cat secrets/redis-password.txt)@redis:6379"
keep encryption-key.txt "$(random)"
keep lrs-password.txt "$(random)"
keep resources.json '[]'
keep identity-providers.json '[]'

if [ ! -e .env ]; then
  cp example.env .env
  echo 'made docker/.env'
fi
