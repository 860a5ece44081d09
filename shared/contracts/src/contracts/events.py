"""Every event, by topic. Facts in the past; one model per type; the data is the stream's news.

Declaration events carry the whole declaration as it stands after the revision, so that a reader
needs no earlier one. Person, pay and bank travel in sealed fields only.
"""

import datetime as dt
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts import topics
from contracts.identifiers import Siret
from contracts.money import Amount, Amounts
from contracts.sealed import SealedField

Risk = Literal["maladie", "accident-travail", "accident-trajet", "maladie-professionnelle"]
Change = Literal["initial", "prolongation", "correction", "return-to-work", "cancellation"]
AnswerKind = Literal["technical", "business"]
Verdict = Literal["received", "in-progress", "accepted", "rejected", "documents-requested"]
CaseState = Literal[
    "announced",
    "declared",
    "received",
    "in-progress",
    "documents-requested",
    "accepted",
    "refused",
    "partly-paid",
    "gap",
    "settled",
    "paid-to-employee",
    "cancelled",
]
Awaited = Literal["technical-acknowledgement", "acknowledgement", "payment"]


class EventData(BaseModel):
    """Readers ignore what they do not know; producers build from these models, hence strictly."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: ClassVar[str]
    type: ClassVar[str]


class Period(BaseModel):
    """Both days included."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    first: dt.date
    last: dt.date


# --- declarations.v1, stream = declaration ---------------------------------------------------


class Declaration(EventData):
    """The declaration after `revision`. `period.last` is the end of the arrêt as now known.

    `subrogation` is the period whose allowances go to the employer; it may end after the arrêt
    (the maximum of the maintained pay) or before it. `returned_on` is the first day back at work.
    """

    topic: ClassVar[str] = topics.DECLARATIONS.name

    declaration_id: UUID
    revision: int = Field(ge=1)
    change: Change
    siret: Siret
    person_ref: str
    contract: str | None = None
    risk: Risk
    last_worked_day: dt.date | None = None
    accident_day: dt.date | None = None
    period: Period
    subrogation: Period | None = None
    returned_on: dt.date | None = None
    cancelled: bool = False
    declared_at: AwareDatetime
    person: SealedField
    pay: SealedField | None = None
    bank: SealedField | None = None


class DeclarationSubmitted(Declaration):
    type: ClassVar[str] = "fr.jonction.declaration.submitted"


class DeclarationProlonged(Declaration):
    type: ClassVar[str] = "fr.jonction.declaration.prolonged"


class DeclarationCorrected(Declaration):
    type: ClassVar[str] = "fr.jonction.declaration.corrected"


class ReturnDeclared(Declaration):
    type: ClassVar[str] = "fr.jonction.declaration.return-declared"


class DeclarationCancelled(Declaration):
    type: ClassVar[str] = "fr.jonction.declaration.cancelled"


# --- submissions.v1, stream = submission (one revision of a declaration) ----------------------


class Submission(EventData):
    topic: ClassVar[str] = topics.SUBMISSIONS.name

    submission_id: UUID
    declaration_id: UUID
    revision: int = Field(ge=1)
    control_number: str


class SubmissionPrepared(Submission):
    """The bytes are frozen; from `prepared_at` on a technical acknowledgement is awaited."""

    type: ClassVar[str] = "fr.jonction.submission.prepared"

    caisse: str | None = None
    content_sha256: str
    prepared_at: AwareDatetime


class SubmissionAcknowledged(Submission):
    """The CPAM has taken the deposit (technical acknowledgement): the proof of deposit."""

    type: ClassVar[str] = "fr.jonction.submission.acknowledged"

    reference: str
    deposited_at: AwareDatetime
    content_sha256: str


class SubmissionRefused(Submission):
    """The deposit itself was refused (form); nothing was filed for this revision."""

    type: ClassVar[str] = "fr.jonction.submission.refused"

    code: str
    label: str | None = None
    refused_at: AwareDatetime


class Acceptance(BaseModel):
    """What the CPAM says it will pay; amounts are gross euros a day."""

    model_config = ConfigDict(frozen=True)

    risk: Risk
    first_payable_day: dt.date
    accepted_until: dt.date
    daily_gross: Amount
    subrogation: Period | None = None
    claim_number: str | None = None


class SubmissionAnswered(Submission):
    """A business answer. `in-progress` (confirmation de traitement) is an answer, not a
    decision.
    """

    type: ClassVar[str] = "fr.jonction.submission.answered"

    answer_id: str
    verdict: Verdict
    code: str | None = None
    label: str | None = None
    answered_at: AwareDatetime
    acceptance: Acceptance | None = None


class SubmissionDoubtful(Submission):
    """The outcome of sending is unknown and a person must look: nothing is sent again meanwhile."""

    type: ClassVar[str] = "fr.jonction.submission.doubtful"

    since: AwareDatetime
    reason: str


# --- statements.v1, stream = statement ---------------------------------------------------------


class StatementLine(BaseModel):
    """One `Prestation` of a slip. `amount` is signed; a retenue (RETCSJ, RETCRD) is negative.

    `subrogated` is the slip's IJSub: true = paid to the employer, false = paid to the employee.
    """

    model_config = ConfigDict(frozen=True)

    nature: str
    label: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    days: int | None = None
    unit: Amount | None = None
    amount: Amount
    subrogated: bool


class Statement(EventData):
    """Lines of one person, one insurance (AS, AT, MA), one accounting day and one sign of a
    slip.
    """

    topic: ClassVar[str] = topics.STATEMENTS.name

    statement_id: UUID
    account: str
    slip: str
    siret: Siret
    person_ref: str
    caisse: str
    accounting_day: dt.date
    insurance: str
    claim_number: str | None = None
    lines: list[StatementLine]
    total: Amount
    received_at: AwareDatetime
    person: SealedField


class StatementReceived(Statement):
    type: ClassVar[str] = "fr.jonction.statement.received"


# --- cases.v1, stream = case (one per declaration) ---------------------------------------------


class Case(EventData):
    """The case after the fact. `expected` is None where it cannot be known (never 0 for unknown).

    Amounts concern the days of the employer's subrogation. `gap` = expected net, computed again per
    payment line, minus received net; None while `expected` is None.
    """

    topic: ClassVar[str] = topics.CASES.name

    case_id: UUID
    declaration_id: UUID
    siret: Siret
    person_ref: str
    revision: int
    state: CaseState
    expected: Amounts | None
    received: Amounts
    paid_to_employee: Amounts
    gap: Amount | None


class CaseOpened(Case):
    type: ClassVar[str] = "fr.jonction.case.opened"


class CaseExpected(Case):
    """The expectation was computed or changed."""

    type: ClassVar[str] = "fr.jonction.case.expected"


class CaseAnswered(Case):
    type: ClassVar[str] = "fr.jonction.case.answered"

    kind: AnswerKind
    verdict: Verdict
    code: str | None = None
    answered_at: AwareDatetime


class CaseMatched(Case):
    """A payment statement was tied to the case."""

    type: ClassVar[str] = "fr.jonction.case.matched"

    statement_id: UUID
    matched: Amounts


class CaseGapFound(Case):
    """All the days are paid and the sum differs, or more was paid than is due."""

    type: ClassVar[str] = "fr.jonction.case.gap-found"

    found_at: AwareDatetime


class CaseGapClosed(Case):
    type: ClassVar[str] = "fr.jonction.case.gap-closed"

    closed_at: AwareDatetime


class CaseOverdue(Case):
    """Something awaited has not come by `due_at`. One such fact an overdue, however late."""

    type: ClassVar[str] = "fr.jonction.case.overdue"

    overdue_id: UUID
    awaited: Awaited
    awaited_revision: int
    since: AwareDatetime
    due_at: AwareDatetime
    missed_at: AwareDatetime


class CaseOverdueEnded(Case):
    type: ClassVar[str] = "fr.jonction.case.overdue-ended"

    overdue_id: UUID
    awaited: Awaited
    reason: Literal["came", "no-longer-awaited"]
    ended_at: AwareDatetime


class CaseSettled(Case):
    type: ClassVar[str] = "fr.jonction.case.settled"

    settled_at: AwareDatetime


class CaseReopened(Case):
    type: ClassVar[str] = "fr.jonction.case.reopened"


class CaseCancelled(Case):
    type: ClassVar[str] = "fr.jonction.case.cancelled"


# --- incidents.v1, stream = incident -----------------------------------------------------------


class Incident(EventData):
    """Something inside Jonction needs an operator. `detail` holds ids and codes, never content."""

    topic: ClassVar[str] = topics.INCIDENTS.name

    incident_id: UUID
    service: str
    kind: str
    key: str
    detail: dict[str, str]
    at: AwareDatetime


class IncidentOpened(Incident):
    type: ClassVar[str] = "fr.jonction.incident.opened"


class IncidentClosed(Incident):
    type: ClassVar[str] = "fr.jonction.incident.closed"


EVENTS: tuple[type[EventData], ...] = (
    DeclarationSubmitted,
    DeclarationProlonged,
    DeclarationCorrected,
    ReturnDeclared,
    DeclarationCancelled,
    SubmissionPrepared,
    SubmissionAcknowledged,
    SubmissionRefused,
    SubmissionAnswered,
    SubmissionDoubtful,
    StatementReceived,
    CaseOpened,
    CaseExpected,
    CaseAnswered,
    CaseMatched,
    CaseGapFound,
    CaseGapClosed,
    CaseOverdue,
    CaseOverdueEnded,
    CaseSettled,
    CaseReopened,
    CaseCancelled,
    IncidentOpened,
    IncidentClosed,
)

BY_TYPE: dict[str, type[EventData]] = {model.type: model for model in EVENTS}
