"""An app that returns its environment variables."""

import os

from flask import Flask, Response, url_for

app = Flask(__name__)


@app.get("/")
def index():
    """Return the URL of the ledger."""
    return url_for("index", _external=True)


@app.get("/environment_variables/<name>")
def variable(name):
    """Return the value of a variable."""
    return Response(os.environ[name], mimetype="text/plain")
