"""Asks the site whether it is well: for ``make demo`` while it starts, and as the health check of the container image.

``python -m reviewapp.probe`` exits with 0 if the web server on this machine (``PORT``, default 8000) answers
``/healthz``.
"""

from __future__ import annotations

import http.client
import sys

from reviewapp.env import env_int, env_list


def host_name(allowed_hosts: list[str]) -> str:
    """A name the site accepts: the first of ``ALLOWED_HOSTS``; patterns (``*``, ``.example.org``) made concrete."""
    first = allowed_hosts[0] if allowed_hosts else "127.0.0.1"
    return "127.0.0.1" if first == "*" else first.removeprefix(".")


def answers(host: str, port: int, name: str = "127.0.0.1", *, seconds: float = 5.0) -> bool:
    """Whether ``http://host:port/healthz``, asked under ``name``, says that the site is well."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if answers("127.0.0.1", env_int("PORT", 8000), host_name(env_list("ALLOWED_HOSTS"))) else 1)
