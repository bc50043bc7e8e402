"""Telling the engine of something that was made and not finished, so that the state keeps it and the next `up` goes on.

The SDK has no way to say so. The engine's protocol does: details of a failed call, in the call's trailing metadata.
"""

import asyncio
import sys
from typing import Any

from google.protobuf import any_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from evolve_pulumi.errors import UnfinishedError

METADATA_KEY = "grpc-status-details-bin"
UNKNOWN_CODE = 2
"""The status that the SDK gives to every error."""


def record(error: UnfinishedError) -> bool:
    """Attach what there is to the call that is being answered; False where that call cannot be found."""
    call = _call()
    if call is None:
        return False
    context, request = call
    sent = request.properties if hasattr(request, "properties") else request.news
    properties = {**error.outs, "__provider": sent["__provider"]}
    details = any_pb2.Any()
    details.Pack(
        provider_pb2.ErrorResourceInitFailed(id=error.id, properties=_serialized(properties), reasons=[str(error)])
    )
    status = status_pb2.Status(code=UNKNOWN_CODE, message=str(error), details=[details])
    context.set_trailing_metadata(((METADATA_KEY, status.SerializeToString()),))
    return True


def _call() -> tuple[Any, Any] | None:
    """The context and the request of the SDK's servicer, which is some frames above."""
    frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame := frame.f_back:
        if {"context", "request"} <= frame.f_locals.keys():
            return frame.f_locals["context"], frame.f_locals["request"]
    return None


def _serialized(properties: dict[str, Any]) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(properties, {}))
    finally:
        loop.close()
