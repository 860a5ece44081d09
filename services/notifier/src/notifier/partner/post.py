"""The post office: one SMTP connection for many letters, and what each addressee's server replied.

A server that is away, slow or without the encryption we ask for is `Unavailable`; an address that
it refuses is a reply. 4xx means later, 5xx means never.
"""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from chassis.errors import Unavailable

from notifier.domain.letter import Answer, Parcel

Encryption = Literal["starttls", "implicit", "off"]

_AGAIN = dt.timedelta(seconds=2)
_PERMANENT = 500


class Session:
    """An open connection to the mail server."""

    def __init__(self, smtp: aiosmtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    async def send(self, parcel: Parcel) -> dict[str, Answer]:
        """One answer per recipient. Raises `Unavailable` where the outcome is not known, and where
        the server refuses us rather than the letter: no letter is lost to a wrong setting."""
        message = _compose(parcel, self._sender)
        taken = dict.fromkeys(parcel.recipients, Answer("accepted", 250))
        try:
            refused, _ = await self._smtp.send_message(message, recipients=list(parcel.recipients))
        except SMTPRecipientsRefused as error:
            return {one.recipient: _answer(one.code, one.message) for one in error.recipients}
        except SMTPDataError as error:
            # The content was refused: the same for every recipient.
            return dict.fromkeys(parcel.recipients, _answer(error.code, error.message))
        except (SMTPException, OSError) as error:
            raise Unavailable(f"smtp {type(error).__name__}", _AGAIN) from error
        return taken | {to: _answer(code, text) for to, (code, text) in refused.items()}


class PostOffice:
    def __init__(
        self,
        *,
        host: str,
        port: int,
        encryption: Encryption,
        sender: str,
        user: str | None = None,
        password: str | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._host = host
        self._port = port
        self._encryption = encryption
        self._sender = sender
        self._user = user
        self._password = password
        self._timeout_seconds = timeout_seconds

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        smtp = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._encryption == "implicit",
            # Never None: that falls back to clear text when the server offers nothing else.
            start_tls=self._encryption == "starttls",
            username=self._user,
            password=self._password,
            timeout=self._timeout_seconds,
        )
        try:
            await smtp.connect()
        except (SMTPException, OSError) as error:
            raise Unavailable(f"smtp {type(error).__name__}", _AGAIN) from error
        try:
            yield Session(smtp, self._sender)
        finally:
            smtp.close()


def _answer(code: int, text: str) -> Answer:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)[:200]
    return Answer("refused" if code >= _PERMANENT else "later", code, printable)


def _compose(parcel: Parcel, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(parcel.recipients)
    message["Subject"] = parcel.subject
    message["Date"] = format_datetime(parcel.written_at)
    message["Message-ID"] = parcel.message_id
    message["Auto-Submitted"] = "auto-generated"
    if parcel.answers_to is not None:
        message["In-Reply-To"] = parcel.answers_to
        message["References"] = parcel.answers_to
    if parcel.attempt > 1:
        message["X-Jonction-Attempt"] = str(parcel.attempt)
    message.set_content(parcel.text)
    message.add_alternative(parcel.html, subtype="html")
    return message
