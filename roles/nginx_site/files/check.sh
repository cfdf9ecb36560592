# Check nginx's configuration. For nginx, two sites with the same name are only a warning, but one of them
# would never answer. The arguments are the names of this site.
set -eu

output=$(nginx -t 2>&1) || {
  echo "$output"
  exit 1
}
for name; do
  if echo "$output" | grep --fixed-strings "conflicting server name \"$name\""; then
    echo 'Another site answers for this name already; find it with: grep -r server_name /etc/nginx'
    exit 1
  fi
done
