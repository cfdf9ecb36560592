"""Ask for URLs as a browser would and show each step: what was asked, what was answered."""

from __future__ import annotations

import http.client
import sys
from urllib.parse import urljoin, urlsplit


def ask(url: str) -> tuple[int, str | None]:
    """Return the status of a GET for ``url``, and its Location if it has one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""))
        answer = connection.getresponse()
        return answer.status, answer.headers["Location"]
    finally:
        connection.close()


def follow(url: str) -> bool:
    """Print the journey that begins at ``url`` and return whether it ends well."""
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
