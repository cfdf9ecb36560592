"""Notes in private ink."""

import ink
from flask import Flask, url_for


def create_app():
    """Return the application."""
    app = Flask(__name__)

    @app.get("/")
    def index():
        return {
            "ink": ink.COLOUR,
            "self": url_for("index", _external=True),
            "style": url_for("static", filename="style.css"),
        }

    return app
