"""Object storage on this machine, for states."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import boto3  # pyright: ignore[reportMissingTypeStubs]
from moto.server import ThreadedMotoServer


@contextmanager
def bucket(name: str) -> Generator[dict[str, str]]:
    """A new bucket, and the variables with which the engine has its states there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client: Any = cast(Any, boto3).client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        where = f"s3://{name}?endpoint=http://{host}:{port}&use_path_style=true&region=us-east-1"
        yield {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PULUMI_BACKEND_URL": where}
    finally:
        server.stop()
