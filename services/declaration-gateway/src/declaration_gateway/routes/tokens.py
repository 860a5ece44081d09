"""Door: HTTP in. Tokens for all services, by client credentials (RFC 6749 §4.4).

The form is read by hand: three fields do not need a multipart parser at the platform's front door.
"""

import base64
import binascii
from typing import Any, Literal
from urllib.parse import parse_qs, unquote_plus

from chassis.errors import FieldError, Refused
from fastapi import APIRouter, Request
from pydantic import BaseModel

from declaration_gateway.routes.desk import desk_of
from declaration_gateway.routes.schemas import refusals

router = APIRouter(tags=["tokens"])

AUDIENCES = frozenset(
    {
        "declaration-gateway",
        "cpam-adapter",
        "bpij-collector",
        "event-feed",
        "matcher",
        "notifier",
        "ops-console",
    }
)
_FIELDS: dict[str, Any] = {
    "type": "object",
    "required": ["grant_type", "audience"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "audience": {"enum": sorted(AUDIENCES)},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string"},
    },
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": _FIELDS}},
    }
}


class Token(BaseModel):
    """`expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a word of RFC 6750)
    expires_in: int


@router.post("/oauth/token", openapi_extra=_FORM, responses=refusals(401, 422, 503))
async def issue(request: Request) -> Token:
    """A token for one service (`audience`). Client id and secret come as Basic or in the form."""
    form = _form(await request.body())
    client, secret = _credentials(request.headers.get("authorization"), form)
    wrong = []
    if form.get("grant_type") != "client_credentials":
        wrong.append(FieldError("grant_type", "grant-type-unknown"))
    if form.get("audience") not in AUDIENCES:
        wrong.append(FieldError("audience", "audience-unknown"))
    if wrong:
        raise Refused("invalid", errors=wrong)
    token, seconds = await desk_of(request).issuer.issue(client, secret, form["audience"])
    return Token(access_token=token, expires_in=seconds)


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise Refused("invalid", errors=[FieldError("body", "form-expected")]) from None
    return {name: values[0] for name, values in fields.items() if len(values) == 1}


def _credentials(authorization: str | None, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, coded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("client-refused", headers={"WWW-Authenticate": "Basic"}) from None
    return unquote_plus(client), unquote_plus(secret)
