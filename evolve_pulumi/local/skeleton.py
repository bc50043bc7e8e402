"""The few files that make a folder a sandbox's `/`; programs come from the host's /usr.

An allowlist: what is not written here or named in `HOST_FILES` does not exist inside.
"""

import os
import shutil
import subprocess
from pathlib import Path

USER_ID = 1000
HOST_FILES = [
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
]
"""What is shown read-only of the host's /etc: links, trusted certificates, numbers and their names."""
MERGED = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"]
"""Folders beside /usr that are links into it on most systems."""
NAMES_USERS = ("passwd", "group")


def user_id(user: str) -> int:
    """The uid and gid a user has inside; root there is nobody outside."""
    return 0 if user == "root" else USER_ID


def home(user: str) -> str:
    """A user's home inside."""
    return "/root" if user == "root" else f"/home/{user}"


def build(root: Path, user: str, owner: int | None, base: Path | None = None) -> None:
    """Make a sandbox's root folder in one step, from a copy of `base` or from nothing, owned by `owner`.

    One that is there is left alone.
    """
    if root.exists():
        return
    draft = root.with_name("root.new")
    if base:
        copy(base, draft)
    draft.mkdir(exist_ok=True)
    for folder in ("etc", "opt", "proc", "run", "srv", "usr", "var/tmp", "tmp", home(user).lstrip("/")):
        _make_folder(draft, folder)
    for folder in ("tmp", "var/tmp"):
        (draft / folder).chmod(0o1777)
    for name, text in _files(user).items():
        if not base or name in NAMES_USERS:
            path = draft / "etc" / name
            path.unlink(missing_ok=True)
            path.write_text(text)
    for name in MERGED:
        host = Path("/", name)
        if host.is_symlink():
            (draft / name).unlink(missing_ok=True)
            (draft / name).symlink_to(host.readlink())
    if owner is not None:
        _give(draft, owner)
    draft.rename(root)


def copy(root: Path, target: Path) -> None:
    """Copy a root folder with all that is in it, in the place of what is there; raises OSError."""
    shutil.rmtree(target, ignore_errors=True)
    copied = subprocess.run(["cp", "-a", str(root), str(target)], stderr=subprocess.PIPE, text=True, check=False)
    if copied.returncode:
        raise OSError(f"The files cannot be copied: {copied.stderr.strip()}")


def _files(user: str) -> dict[str, str]:
    number = user_id(user)
    root = "" if number == 0 else "root:x:0:0:root:/root:/bin/bash\n"
    return {
        "passwd": f"{root}{user}:x:{number}:{number}::{home(user)}:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "group": f"{'' if number == 0 else 'root:x:0:'}\n{user}:x:{number}:\nnogroup:x:65534:\n".lstrip(),
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "os-release": Path("/usr/lib/os-release").read_text() if Path("/usr/lib/os-release").exists() else "",
    }


def _make_folder(root: Path, folder: str) -> None:
    """Make a folder and those above it; a link in its place, which an image may hold, would lead to the host's."""
    path = root
    for part in Path(folder).parts:
        path /= part
        if path.is_symlink() or path.is_file():
            path.unlink()
        path.mkdir(exist_ok=True)


def _give(folder: Path, owner: int) -> None:
    for path, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(path, name), owner, owner, follow_symlinks=False)
