"""The CPAM as the flows see it: deposit, question, collection, confirmation; one call, no retry.

Building, checking and reading happen in the contract's thread, the exchange on the loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chassis.directory import CpamAccount

from cpam_adapter.partner import xml
from cpam_adapter.partner.classify import classify_deposit, undelivered
from cpam_adapter.partner.contract import Contract
from cpam_adapter.partner.outcomes import DepositOutcome, StatusOutcome
from cpam_adapter.partner.post import Exchange, Post
from cpam_adapter.partner.replies import Collected, RawReply, read_collection, reread
from cpam_adapter.partner.status import read_status
from cpam_adapter.partner.xml import MESSAGES

MOST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class Cpam:
    contract: Contract
    post: Post

    async def close(self) -> None:
        await self.post.close()
        self.contract.close()

    async def deposit(self, account: CpamAccount, envelope: bytes) -> Exchange:
        """The facts only: `judge` comes after they are safe from being forgotten."""
        return await self.post(account, "DeposerDeclarations", envelope)

    async def judge(self, exchange: Exchange, control_number: str) -> DepositOutcome:
        work = partial(classify_deposit, exchange=exchange, control_number=control_number)
        return await self.contract.at_desk(work)

    async def status(self, account: CpamAccount, control_number: str) -> StatusOutcome:
        question = await self.contract.message("ConsulterStatut", numeroControle=control_number)
        exchange = await self.post(account, "ConsulterStatut", question)
        work = partial(read_status, exchange=exchange, control_number=control_number)
        return await self.contract.at_desk(work)

    async def collect(self, account: CpamAccount) -> Exchange:
        question = await self.contract.message("RecupererReponses", maximum=MOST_ANSWERS)
        return await self.post(account, "RecupererReponses", question)

    async def read_collection(self, body: bytes) -> Collected:
        """Raises xml.Unreadable."""
        return await self.contract.at_desk(partial(read_collection, body=body))

    async def reread(self, raw: bytes) -> RawReply:
        return await self.contract.at_desk(partial(reread, raw=raw))

    async def confirm(self, account: CpamAccount, answer_ids: Sequence[str]) -> bool:
        """Whether the CPAM has said that it took the confirmation."""
        message = await self.contract.message(
            "ConfirmerReponses", identifiantReponse=list(answer_ids)
        )
        exchange = await self.post(account, "ConfirmerReponses", message)
        if undelivered(exchange) is not None or exchange.status != 200:
            return False
        return await self.contract.at_desk(partial(_is_confirmation, body=exchange.body))


def _is_confirmation(contract: Contract, *, body: bytes) -> bool:
    try:
        message = xml.body_of(xml.read(body))
    except xml.Unreadable:
        return False
    return message.tag == f"{{{MESSAGES}}}ConfirmerReponsesReponse" and contract.follows(message)
