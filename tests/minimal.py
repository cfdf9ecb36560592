"""The variables that each role needs at least."""

APP = {
    "wsgi_app_name": "shop",
    "wsgi_app_source": {"type": "pip", "requirement": "shop"},
    "wsgi_app_callable": "shop:app",
}
SITE = {
    "nginx_site_name": "main",
    "nginx_site_server_names": ["example.org"],
    "nginx_site_mounts": [{"path": "/api", "app": "shop"}],
}
