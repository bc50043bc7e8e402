"""How tests reach E2B's dialect."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from e2b import E2B, Sandbox, WriteInfo

from tests.cloud import Cloud

Content = str | bytes | IO[bytes] | Iterable[bytes]


def client_of(cloud: Cloud) -> E2B:
    """The SDK, unmodified, bound to a cloud."""
    return E2B(
        api_key=cloud.api_key, api_url=cloud.e2b_api_url, sandbox_url=cloud.e2b_sandbox_url, domain=cloud.e2b_domain
    )


def write(sandbox: Sandbox, path: str, content: Content, **options: Any) -> WriteInfo:
    """`files.write`, part of whose type the SDK leaves open."""
    return sandbox.files.write(path, content, **options)  # pyright: ignore[reportUnknownMemberType]


def write_files(sandbox: Sandbox, contents: Mapping[str, Content]) -> list[WriteInfo]:
    """`files.write_files`, with contents by path."""
    entries: list[Any] = [{"path": path, "data": content} for path, content in contents.items()]
    return sandbox.files.write_files(entries)  # pyright: ignore[reportUnknownMemberType]
