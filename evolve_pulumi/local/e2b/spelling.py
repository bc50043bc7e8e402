"""How E2B spells the fields of its bodies."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Body(BaseModel):
    """A body in E2B's spelling."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)
