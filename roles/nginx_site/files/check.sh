# Have nginx judge its files. Two sites of one name are no error to it, only a warning: one of them
# would never answer. The arguments are the names that are ours.
set -eu

said=$(nginx -t 2>&1) || {
  echo "$said"
  exit 1
}
for name; do
  if echo "$said" | grep --fixed-strings "conflicting server name \"$name\""; then
    echo 'Another site answers for this name already; find it with: grep -r server_name /etc/nginx'
    exit 1
  fi
done
