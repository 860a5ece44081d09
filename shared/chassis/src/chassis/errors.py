"""The kinds of failure that have a name here; any other exception is a bug.

`Refused` is the business saying no: stable code, no retry. `Unavailable` says when to try again.
`WrongSetting` is for the operator who starts the process: its text names the setting.
None carries a value from outside: codes, field names and parameters of our own only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as column
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is the path in the request, e.g. `period.first`; `code` has its text in
    problems.toml.
    """

    field: str
    code: str
    params: Mapping[str, str] = column(default_factory=dict)


class Refused(Exception):
    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        params: Mapping[str, str] | None = None,
        status: int | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.status = status
        self.errors = tuple(errors) or (
            (FieldError(field, code, self.params),) if field is not None else ()
        )
        self.headers = dict(headers or {})


class Unavailable(Exception):
    def __init__(self, reason: str, retry_in: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_in = retry_in


class WrongSetting(Exception):
    """A server is there and refuses us as we come."""
