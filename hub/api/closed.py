"""The base of every body that the API takes or gives: closed, and silent on what it was given."""

from pydantic import BaseModel, ConfigDict


class Closed(BaseModel):
    """Takes no field that it does not name, and repeats no value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
