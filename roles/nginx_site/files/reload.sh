# Have nginx take up its files, and fail unless it does. A reload only asks for that: when nginx
# cannot, because a port is taken, say, it tells its log alone and goes on as before.
set -eu

worker='nginx: worker process'
master=$(systemctl show --property MainPID --value nginx.service)
children=$(grep -ls "^PPid:[[:space:]]$master\$" /proc/[0-9]*/status | sed 's/status$/cmdline/')

# What certbot's timer is told about a site came with the files, or went. systemd cannot say so itself
# (NeedDaemonReload) before it has seen the directory once.
[ ! -d /etc/systemd/system/certbot.service.d ] || systemctl daemon-reload

systemctl reload-or-restart nginx.service

# Workers that only finish what they had begun have another title.
for _ in $(seq 100); do
  grep -qszx "$worker" $children /dev/null || exit 0
  sleep 0.1
done
echo 'nginx goes on with what it had. Its log ends with:'
tail -n 3 /var/log/nginx/error.log
exit 1
