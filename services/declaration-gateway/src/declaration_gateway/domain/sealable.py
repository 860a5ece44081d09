"""The person, the pay and the bank account of what was said, as the text that goes into a seal."""

from dataclasses import dataclass, field
from uuid import UUID

from chassis.sealing import Sealer
from contracts import topics
from contracts.sealed import Bank, Bonus, MonthlyPay, Pay, Person, SealedField

from declaration_gateway.domain.declaring import Employee, PaySaid, SubrogationSaid


@dataclass(frozen=True, slots=True)
class SealedChange:
    """The secret parts of a change. `fields` are those of the event that it moves."""

    fields: dict[str, SealedField | None] = field(default_factory=dict)
    person_ref: str | None = None
    reason: SealedField | None = None


@dataclass(frozen=True, slots=True)
class Seals:
    """Seals for one declaration: a field's ciphertext opens nowhere else."""

    sealer: Sealer
    tenant: str
    declaration_id: UUID

    async def person(self, said: Employee) -> SealedField:
        # Not checked again: these values have just been, and this is the hot path.
        person = Person.model_construct(
            nir=said.nir,
            family_name=said.family_name,
            given_names=said.given_names,
            birth_date=said.birth_date,
        )
        return await self._seal("person", person.model_dump_json(exclude_none=True))

    async def pay(self, said: PaySaid | None) -> SealedField | None:
        if said is None:
            return None
        pay = Pay.model_construct(
            months=[
                MonthlyPay.model_construct(
                    month=item.month, gross=item.gross, reestablished=item.reestablished
                )
                for item in said.months
            ],
            bonuses=[
                Bonus.model_construct(month=item.month, amount=item.amount, months=item.months)
                for item in said.bonuses
            ],
        )
        return await self._seal("pay", pay.model_dump_json(exclude_none=True))

    async def bank(self, said: SubrogationSaid | None) -> SealedField | None:
        if said is None:
            return None
        return await self._seal("bank", Bank.model_construct(iban=said.iban).model_dump_json())

    async def reason(self, text: str | None) -> SealedField | None:
        return None if text is None else await self._seal("reason", text)

    async def _seal(self, name: str, text: str) -> SealedField:
        return await self.sealer.seal(
            text,
            tenant=self.tenant,
            topic=topics.DECLARATIONS.name,
            stream=self.declaration_id,
            field=name,
        )
