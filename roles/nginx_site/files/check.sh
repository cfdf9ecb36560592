# Check nginx's configuration. For nginx, two sites with the same name are only a warning, but one of them
# would never answer. The arguments are the file of this site and its names.
set -eu
site=$1
shift

output=$(nginx -t 2>&1) || {
  echo "$output"
  # The old file comes back, so this is the time to show the line.
  echo "$output" | sed -n 's/.* in \(\/[^ ]*\):\([0-9]*\)$/\1 \2/p' | while read -r file line; do
    [ ! "$file" -ef "$site" ] || echo "Line $line of the new file: $(sed -n "${line}p" "$file")"
  done
  exit 1
}
for name; do
  if echo "$output" | grep --fixed-strings "conflicting server name \"$name\""; then
    echo 'Another site answers for this name already; find it with: grep -r server_name /etc/nginx'
    exit 1
  fi
done
