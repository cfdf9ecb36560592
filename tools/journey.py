"""Follow the redirects of URLs, and print each request and its answer."""

from __future__ import annotations

import http.client
import sys
from urllib.parse import urljoin, urlsplit


def ask(url: str) -> tuple[int, str | None]:
    """Send a GET for ``url`` and return the status and the Location."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""))
        answer = connection.getresponse()
        return answer.status, answer.headers["Location"]
    finally:
        connection.close()


def follow(url: str) -> bool:
    """Print the requests that begin at ``url`` and return whether they end with status 200."""
    print(f"\n  GET {url}")
    for _ in range(10):
        status, location = ask(url)
        if location is None:
            print(f"      {status}")
            return status == 200
        print(f"      {status}  Location: {location}")
        url = urljoin(url, location)
        print(f"  GET {url}")
    return False


if __name__ == "__main__":
    sys.exit(0 if all([follow(url) for url in sys.argv[1:]]) else 1)
