"""gunicorn's settings: those that an app may choose, and those that the role decides.

They are those of gunicorn 23 to 27 (https://docs.gunicorn.org/en/latest/settings.html).
"""

from __future__ import annotations

NUMBER, YES_OR_NO, TEXT, TEXTS, MAPPING, HOOK = (
    "a whole number, 0 or more",
    "true or false",
    "a text",
    "a list of texts",
    "a dictionary",
    "the name of a function, as in 'shop.hooks.post_fork'",
)
"""Types of values, in the words of an input error."""

FREE: dict[str, str | tuple[str, ...]] = {
    # Workers and requests.
    "worker_connections": NUMBER,
    "max_requests": NUMBER,
    "max_requests_jitter": NUMBER,
    "graceful_timeout": NUMBER,
    "worker_tmp_dir": TEXT,
    "limit_request_fields": NUMBER,
    "sendfile": YES_OR_NO,
    "tmp_upload_dir": TEXT,
    "http_parser": ("auto", "fast", "python"),
    "proc_name": TEXT,
    "spew": YES_OR_NO,
    # Logs and figures.
    "access_log_format": TEXT,
    "loglevel": ("debug", "info", "warning", "error", "critical"),
    "capture_output": YES_OR_NO,
    "logger_class": TEXT,
    "logconfig": TEXT,
    "logconfig_dict": MAPPING,
    "logconfig_json": TEXT,
    "disable_redirect_access_to_syslog": YES_OR_NO,
    "syslog": YES_OR_NO,
    "syslog_addr": TEXT,
    "syslog_prefix": TEXT,
    "syslog_facility": TEXT,
    "statsd_prefix": TEXT,
    "enable_backlog_metric": YES_OR_NO,
    # A pool of processes for long tasks.
    "dirty_apps": TEXTS,
    "dirty_workers": NUMBER,
    "dirty_threads": NUMBER,
    "dirty_timeout": NUMBER,
    "dirty_graceful_timeout": NUMBER,
    # Hooks. They run beside those of the role.
    **dict.fromkeys(
        (
            *("on_starting", "on_reload", "when_ready", "on_exit", "nworkers_changed"),
            *("pre_fork", "post_fork", "post_worker_init", "child_exit", "worker_exit"),
            *("worker_int", "worker_abort", "pre_exec", "pre_request", "post_request"),
            *("on_dirty_starting", "dirty_post_fork", "dirty_worker_init", "dirty_worker_exit"),
        ),
        HOOK,
    ),
}
"""What an app may set, and the type or the choices of each."""

SOCKET = "systemd owns the socket, and all releases share it; write wsgi_app_listen"
URLS = "nginx says what the client requested, and no client may forge it; remove it"
PARSER = "nginx rejects what gunicorn rejects, so both must read requests alike; remove it"
HEADS = "nginx limits request heads; write nginx_site_limits"
RELEASE = "a release never changes; deploy again, and remove it"
TLS = "nginx has the certificates; write nginx_site_tls, and remove it"
HTTP = "nginx speaks HTTP/1.1 with the app; remove it"
USER = "the app has a user of its own, and cannot become another one; remove it"
MODULES = "the code of the release comes first; remove it"
ASGI = "it is for ASGI apps, and the role runs WSGI apps; remove it"
STARTS = "systemd starts gunicorn, and it must stay in the foreground; remove it"
LOG = "the journal has the log, and the role reads there why a release fails; remove it"
CONTROL = "the role turns the control socket off, which apps could share; remove it"

DECIDED = {
    "config": "the role writes this file; write wsgi_app_gunicorn_file",
    "wsgi_app": "write wsgi_app_callable",
    "paste": "write wsgi_app_callable",
    "raw_paste_global_conf": "write wsgi_app_callable",
    "bind": SOCKET,
    "backlog": SOCKET,
    "reuse_port": SOCKET,
    "workers": "write wsgi_app_workers",
    "threads": "write wsgi_app_threads",
    "worker_class": "write wsgi_app_worker_class",
    "timeout": "write wsgi_app_timeout",
    "preload_app": "write wsgi_app_preload",
    "raw_env": "write wsgi_app_environment or wsgi_app_secrets",
    "accesslog": "write wsgi_app_access_log",
    "statsd_host": "write wsgi_app_statsd",
    "dogstatsd_tags": "write wsgi_app_statsd",
    "keepalive": "nginx must close an idle connection before gunicorn does; remove it",
    "secure_scheme_headers": URLS,
    "forwarded_allow_ips": URLS,
    "forwarder_headers": URLS,
    "header_map": URLS,
    "proxy_protocol": URLS,
    "proxy_allow_ips": URLS,
    "permit_obsolete_folding": PARSER,
    "permit_unconventional_http_method": PARSER,
    "permit_unconventional_http_version": PARSER,
    "casefold_http_method": PARSER,
    "strip_header_spaces": PARSER,
    "limit_request_line": HEADS,
    "limit_request_field_size": HEADS,
    "reload": RELEASE,
    "reload_engine": RELEASE,
    "reload_extra_files": RELEASE,
    "check_config": STARTS,
    "print_config": STARTS,
    "daemon": STARTS,
    "enable_stdio_inheritance": STARTS,
    "pidfile": "systemd has the process ID: systemctl show --property=MainPID; remove it",
    "user": USER,
    "group": USER,
    "initgroups": USER,
    "umask": "it is for sockets that gunicorn makes, and systemd makes them; remove it",
    "chdir": "the app runs in its source; remove it",
    "pythonpath": MODULES,
    "errorlog": LOG,
    "default_proc_name": "write proc_name",
    "protocol": HTTP,
    "uwsgi_allow_ips": HTTP,
    "http_protocols": HTTP,
    "http2_cleartext": HTTP,
    "http2_max_concurrent_streams": HTTP,
    "http2_initial_window_size": HTTP,
    "http2_max_frame_size": HTTP,
    "http2_max_header_list_size": HTTP,
    "keyfile": TLS,
    "certfile": TLS,
    "ssl_version": TLS,
    "ssl_context": TLS,
    "cert_reqs": TLS,
    "ca_certs": TLS,
    "suppress_ragged_eofs": TLS,
    "do_handshake_on_connect": TLS,
    "ciphers": TLS,
    "asgi_loop": ASGI,
    "asgi_lifespan": ASGI,
    "asgi_disconnect_grace_period": ASGI,
    "websocket_max_message_size": ASGI,
    "root_path": ASGI,
    "control_socket": CONTROL,
    "control_socket_mode": CONTROL,
    "control_socket_disable": CONTROL,
}
"""What the role decides, why, and what to do instead."""

DECIDED_BESIDE_A_FILE = {
    "graceful_timeout": (
        "systemd waits as long before it kills the app; write wsgi_app_gunicorn: "
        "{graceful_timeout: …}"
    )
}
"""What a file of the project cannot set, because the role has to read it on the controller."""
