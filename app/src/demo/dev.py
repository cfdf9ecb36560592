"""The development server: the page at ``/`` and the application under ``/api``."""

from argparse import ArgumentDefaultsHelpFormatter
from argparse import ArgumentParser
from pathlib import Path

from werkzeug import Request
from werkzeug import Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import run_simple
from werkzeug.utils import send_file

from demo import create_app

PAGE = Path(__file__).parents[2] / "page"
PREFIX = "/api"


@Request.application
def index(request: Request) -> Response:
    """Answer every path that is not a file with the page itself."""
    return send_file(PAGE / "index.html", request.environ)


def create_site() -> DispatcherMiddleware:
    """Put the page and the application together, as nginx does."""
    page = SharedDataMiddleware(index, {"/": str(PAGE)}, cache=False)
    return DispatcherMiddleware(page, {PREFIX: create_app()})


def main() -> None:
    """Serve the site until interrupted."""
    parser = ArgumentParser(
        prog="python -m demo.dev",
        description=__doc__,
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on")
    args = parser.parse_args()
    run_simple(args.host, args.port, create_site(), use_reloader=True, threaded=True)


if __name__ == "__main__":
    main()
