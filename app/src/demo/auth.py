"""The session: does its cookie come back?"""

from flask import Blueprint
from flask import session

bp = Blueprint("auth", __name__)


@bp.get("/login")
def login() -> dict[str, int]:
    """Count the logins of one browser in its session cookie."""
    session["visits"] = session.get("visits", 0) + 1
    return {"visits": session["visits"]}
