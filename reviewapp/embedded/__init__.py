"""PostgreSQL and Valkey for a one-machine install: found, started, watched and stopped without an administrator.

Used by ``reviewapp.launch`` (``make demo``) and by the test suite. On managed services nothing here is used: there
``DATABASE_URL`` and ``REDIS_URL`` name the servers. The package imports nothing of Django.
"""

from __future__ import annotations

from reviewapp.embedded.errors import AlreadyRunning, EmbeddedError
from reviewapp.embedded.process import Child, ChildSpec, stop_leftovers
from reviewapp.embedded.servers import ServerOptions, Servers, ServerUrls
from reviewapp.embedded.state import State

__all__ = [
    "AlreadyRunning",
    "Child",
    "ChildSpec",
    "EmbeddedError",
    "ServerOptions",
    "ServerUrls",
    "Servers",
    "State",
    "stop_leftovers",
]
