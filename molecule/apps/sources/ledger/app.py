"""A ledger of its own environment."""

import os

from flask import Flask, Response, url_for

app = Flask(__name__)


@app.get("/")
def index():
    """Say where the ledger is."""
    return url_for("index", _external=True)


@app.get("/environment/<name>")
def variable(name):
    """Say what a variable holds."""
    return Response(os.environ[name], mimetype="text/plain")
