"""Send requests unchanged from given addresses, and print the answers.

In come ``[[address, port, request], …]`` as JSON, out go ``[[status, body], …]``.
"""

import http.client
import json
import socket
import sys


def ask(address: str, port: int, request: str) -> tuple[int, str]:
    """Return the answer to a request of a client at ``address``."""
    with socket.create_connection(
        ("127.0.0.1", port), timeout=30, source_address=(address, 0)
    ) as connection:
        connection.sendall(request.encode("latin-1"))
        with http.client.HTTPResponse(connection) as answer:
            answer.begin()
            return answer.status, answer.read().decode()


json.dump([ask(*question) for question in json.load(sys.stdin)], sys.stdout)
