"""A small Flask application that shows the journey of a URL."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask

from demo import auth
from demo import mirror
from demo import redirects
from demo import streams


def create_app(test_config: Mapping[str, Any] | None = None) -> Flask:
    """Create and configure an instance of the application."""
    app = Flask(__name__)
    app.config.from_mapping(SECRET_KEY=secrets.token_hex())
    app.config.from_prefixed_env("DEMO")
    app.config.from_mapping(test_config)

    @app.get("/healthz")
    def healthz() -> tuple[str, dict[str, str]]:
        """Answer the health check."""
        return "ok", {"Content-Type": "text/plain; charset=utf-8"}

    app.register_blueprint(auth.bp)
    app.register_blueprint(mirror.bp)
    app.register_blueprint(redirects.bp)
    app.register_blueprint(streams.bp)

    return app
