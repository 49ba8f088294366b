#!/bin/sh
# Makes the users of Redis of users.acl, which is beside it, and of the passwords in a folder:
#
#   users.sh /etc/distributedq > /etc/redis/users.acl
#
# The password of dq-worker is in the file redis-worker of that folder, and so on; a user without one is left out. What is
# printed holds their SHA-256 only: one line a user, without comments, as Redis reads it (`aclfile`, or a part of redis.conf).
set -eu

fail() {
  echo "users.sh: $1" >&2
  exit 1
}

folder=${1:?the folder of the passwords}
rules=$(cat "$(dirname "$0")/users.acl")
set --
for role in producer worker operator viewer; do
  file=$folder/redis-$role
  [ -e "$file" ] || continue
  password=$(cat "$file")
  [ -n "$password" ] || fail "$file is empty"
  sha=$(printf %s "$password" | sha256sum | cut -c 1-64)
  [ ${#sha} -eq 64 ] || fail 'sha256sum is needed'
  set -- "$@" -e "s/<$role>/$sha/"
done
[ $# -gt 0 ] || fail "$folder has no file redis-worker, nor one of another user"
printf '%s\n' "$rules" | sed "$@" -e '/^#/d' -e '/^$/d' | awk '
  function flush() { if (line != "" && line !~ /</) print line }
  /^ / { sub(/^ +/, " "); line = line $0; next }
  { flush(); line = $0 }
  END { flush() }'
