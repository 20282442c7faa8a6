# ruff: noqa: INP001  (a script that the shell calls by its path)
"""Refuse with a sentence when an address cannot be listened on; runs before anything is installed."""

import socket
import sys


def main(host: str, port: int) -> str | None:
    """Answer why `host` and `port` cannot be listened on, or None when they can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            # As the service itself does: a connection of a stopped service that lingers is no obstacle.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as reason:
        return f"Cannot listen on {host} port {port}: {reason.strerror}. Choose another with --port."
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
