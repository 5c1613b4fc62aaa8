"""As whom PostgreSQL runs. It refuses to run as root, so root must hand it to somebody else.

Tried in this order, the first that reaches the program and the data wins: the owner the data already has; the user
``nobody``; a user namespace in which root counts as ``nobody`` (works inside a private home directory); the owner of
the place.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from reviewapp.embedded.errors import EmbeddedError
from reviewapp.embedded.process import RunAs

CHECK = 'cd "$2" && exec "$1" --version'


def _as_user(entry: pwd.struct_passwd) -> RunAs:
    return RunAs(label=f"user {entry.pw_name}", uid=entry.pw_uid, gid=entry.pw_gid)


def _owner(path: Path) -> RunAs | None:
    """The owner of ``path`` if it exists and is an ordinary user of this machine."""
    try:
        return _as_user(pwd.getpwuid(uid)) if (uid := path.stat().st_uid) != 0 else None
    except (FileNotFoundError, KeyError):
        return None


def _nobody() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return None


def _candidates(data: Path, place: Path) -> Iterator[RunAs]:
    nobody = _nobody()
    unshare = shutil.which("unshare") if sys.platform == "linux" else None
    namespace = None
    if nobody is not None and unshare is not None:
        maps = (f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
        namespace = RunAs(label="root in a user namespace", prefix=(unshare, "--user", *maps))
    if (owner := _owner(data)) is not None:
        yield owner
    elif data.exists() and namespace is not None:
        yield namespace
    if nobody is not None:
        yield _as_user(nobody)
    if namespace is not None:
        yield namespace
    if (owner := _owner(place)) is not None:
        yield owner


def _reaches(run_as: RunAs, program: Path, directory: Path) -> bool:
    try:
        return (
            subprocess.run(
                [*run_as.prefix, "/bin/sh", "-c", CHECK, "sh", str(program), str(directory)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                check=False,
                cwd="/",
                user=run_as.uid,
                group=run_as.gid,
                extra_groups=run_as.extra_groups,
            ).returncode
            == 0
        )
    except OSError:
        return False


def choose_identity(program: Path, directory: Path, data: Path) -> RunAs:
    """As whom to run ``program`` (an absolute path) on ``data``, a directory inside ``directory``.

    As an ordinary user: as oneself. As root: see the module. ``directory`` and its parent are opened to passing
    through (0711) where the chosen user needs that. Raises ``EmbeddedError`` if nobody will do.
    """
    if os.geteuid() != 0:
        return RunAs()
    for run_as in _candidates(data, directory.parent.parent):
        if run_as.uid is not None:
            directory.chmod(0o711)
            directory.parent.chmod(0o711)
        if _reaches(run_as, program, directory):
            return run_as
        directory.chmod(0o700)
        directory.parent.chmod(0o700)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and neither the user nobody nor a user namespace (unshare) can reach "
        f"{program} and {directory}. Run as an ordinary user, or put the checkout where others may pass (not under "
        "/root), or set DATABASE_URL to a PostgreSQL of your own."
    )


def give(path: Path, run_as: RunAs) -> None:
    """As root: make ``path`` and all in it belong to whom ``run_as`` stands for (root itself for a user namespace).

    The top directory changes hands last, so an interrupted change is taken up again by the next start.
    As an ordinary user: only check that it is one's own; raises ``EmbeddedError`` if not.
    """
    if os.geteuid() != 0:
        if path.stat().st_uid != os.geteuid():
            raise EmbeddedError(
                f"The data in {path} belongs to another user (number {path.stat().st_uid}). Run as that user, or give "
                f"it to yourself: sudo chown -R $(id -un) '{path.parent.parent}'"
            )
        return
    uid, gid = (0, 0) if run_as.uid is None else (run_as.uid, run_as.gid or 0)
    if path.stat().st_uid == uid:
        return
    for parent, directories, files in os.walk(path):
        for name in (*directories, *files):
            os.chown(os.path.join(parent, name), uid, gid, follow_symlinks=False)
    os.chown(path, uid, gid)
