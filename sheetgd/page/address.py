"""The page's address: a port of this computer, and the token that lets a browser in.

Apart from the server, which takes long to import: a browser can be on its way there meanwhile.
"""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """The socket on which the page is served, on this computer only; an OSError where the port is taken."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.bind((HOST, port))
        found.listen()
    except OSError:
        found.close()
        raise
    return found


def address(listening: socket.socket, token: str) -> str:
    """What the browser is to open."""
    return f"http://{HOST}:{listening.getsockname()[1]}/?token={token}"
