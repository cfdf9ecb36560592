"""An app in a directory of a repository, with a library beside it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import stock
from flask import Flask, jsonify, render_template


def create_app() -> Flask:
    """Make the app, with its instance folder as Flask's documentation shows it."""
    app = Flask(__name__, instance_relative_config=True)
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)

    @app.get("/")
    def page() -> str:
        return render_template("page.html", goods=stock.GOODS)

    @app.get("/facts")
    def facts():
        visits = Path(app.instance_path, "visits")
        visits.write_text(f"{visits.read_text() if visits.exists() else ''}x")
        return jsonify(
            flask=version("flask"),
            depot=version("depot"),
            goods=stock.GOODS,
            instance=app.instance_path,
            visits=len(visits.read_text()),
        )

    return app


def count() -> None:
    """Print how many kinds of goods there are."""
    print(len(stock.GOODS))
