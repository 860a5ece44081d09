"""What a caller is told once its declaration is stored; kept beside its key, to be told again."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from declaration_gateway.domain.life import State


class Warned(BaseModel):
    model_config = ConfigDict(frozen=True)

    field: str
    code: str


class Receipt(BaseModel):
    """`duplicate`: nothing was stored, the same arrêt had come under another key."""

    model_config = ConfigDict(frozen=True)

    declaration_id: UUID
    revision: int
    status: State
    duplicate: bool = False
    warnings: tuple[Warned, ...] = ()
