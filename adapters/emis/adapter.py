"""School workbooks: a row a pupil and month, who is known by school and number in every month."""

from adapters.sdk.office import Offices


class Emis(Offices):
    """The system as the hub connects it."""

    package = "adapters.emis"
