"""The redirects: absolute, relative, and the router's own."""

from flask import Blueprint
from flask import redirect
from flask import render_template
from flask import url_for
from werkzeug import Response

bp = Blueprint("redirects", __name__)


@bp.get("/")
def index() -> Response:
    """Redirect to an absolute URL."""
    return redirect(url_for(".result", _external=True), code=303)


@bp.get("/result")
def result() -> str:
    """Show where the absolute redirect arrived."""
    return render_template("arrived.html", title="Result")


@bp.get("/test")
def test() -> Response:
    """Redirect to a URL without scheme and host."""
    return redirect(url_for(".success"), code=303)


@bp.get("/success")
def success() -> str:
    """Show where the relative redirect arrived."""
    return render_template("arrived.html", title="Success")


@bp.get("/dir/")
def directory() -> str:
    """Show where the router's redirect from ``/dir`` arrived."""
    return render_template("arrived.html", title="Directory")
