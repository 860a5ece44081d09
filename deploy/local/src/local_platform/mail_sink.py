"""The mail server of a platform on one machine: it keeps every mail as a file and delivers none.

A folder of `.eml` files, which any mail program opens; the story's director reads the same files.
"""

import itertools
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailSink:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1 + len(list(folder.glob("*.eml"))))
        self._port = port
        self._controller: Controller | None = None

    def start(self) -> None:
        # Made here: a controller that is never started leaves its event loop open.
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        file = self._folder / f"{next(self._numbers):05d}.eml"
        half = file.with_suffix(".part")
        half.write_bytes(raw)
        half.rename(file)
        return "250 kept"


def read_mails(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
