"""A Flask app with right and wrong proxy settings."""

from __future__ import annotations

from flask import Flask, redirect, session, url_for
from werkzeug.middleware.proxy_fix import ProxyFix


def create_app(routes: str = "", to: str = "", fix: int = 0, **config):
    """Return a shop.

    :param routes: what its routes begin with.
    :param to: where its front page redirects to, instead of showing something.
    :param fix: how many proxies a ProxyFix of its own counts.
    """
    app = Flask("shop")
    app.config.from_mapping({"SECRET_KEY": "secret", **config})

    @app.get(f"{routes}/")
    def front():
        session["visited"] = True
        return redirect(to) if to else f'<a href="{url_for("cart", _external=True)}">cart</a>'

    @app.get(f"{routes}/cart")
    def cart():
        return "empty"

    @app.get(f"{routes}/basket")
    def basket():
        return redirect(url_for("cart"))

    if fix:
        app.wsgi_app = ProxyFix(app.wsgi_app, fix, fix, fix, fix, fix)
    return app
