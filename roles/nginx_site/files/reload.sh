# Reload nginx, and fail unless it uses the new files. nginx reports a failed reload only in its log, for
# example when a port is taken, and keeps the old configuration.
set -eu

worker='nginx: worker process'
master=$(systemctl show --property MainPID --value nginx.service)
children=$(grep -ls "^PPid:[[:space:]]$master\$" /proc/[0-9]*/status | sed 's/status$/cmdline/')

# The files may contain a drop-in of certbot.service. systemd does not report that itself (NeedDaemonReload)
# before it has read the directory once.
[ ! -d /etc/systemd/system/certbot.service.d ] || systemctl daemon-reload

systemctl reload-or-restart nginx.service || {
  echo 'nginx does not start. Its journal ends with:'
  journalctl --unit nginx.service --lines 5 --output cat --no-pager
  exit 1
}

# Old workers that finish their requests have another title.
for _ in $(seq 100); do
  grep -qszx "$worker" $children /dev/null || exit 0
  sleep 0.1
done
echo 'nginx keeps its old configuration. Its log ends with:'
tail -n 3 /var/log/nginx/error.log
exit 1
