"""The SQLite tables of the simulated CPAM, created at start; instants are UTC text that sorts by
time.

`filing` is the ledger: one row for each time something was filed, whether or not the caller heard
of it.
"""

from datetime import UTC, datetime

TABLES = """
create table if not exists world (
  id integer primary key check (id = 1),
  now text not null, tick integer not null, activity integer not null,
  mode text not null, universe text not null, acted_to text not null);
create table if not exists arret (
  id integer primary key, account text not null, siret text not null, nir text not null,
  first_day text not null, last_name text not null, first_name text not null,
  unique (account, siret, nir, first_day));
create table if not exists filing (
  id integer primary key, account text not null, control_number text not null,
  nature text not null, origin text, arret integer not null references arret,
  revision integer not null, first_day text not null, last_day text not null,
  reference text not null unique, fingerprint text not null, content text not null,
  body_sha256 text not null, filed_at text not null, tick integer not null,
  planned integer not null default 0);
create index if not exists filing_number on filing (account, control_number);
create index if not exists filing_arret on filing (arret);
create table if not exists answer (
  id text primary key, account text not null, control_number text not null,
  reference text not null, siret text not null, script text not null, body text not null,
  due_at text not null, sent integer not null default 0, first_sent_at text, confirmed_at text);
create index if not exists answer_waiting on answer (account, due_at) where confirmed_at is null;
create index if not exists answer_due on answer (due_at) where confirmed_at is null;
create index if not exists answer_number on answer (account, control_number);
create table if not exists slip (
  id integer primary key, account text not null, caisse text not null, due_at text not null,
  siret text not null, nir text not null, last_name text not null, first_name text not null,
  body text not null, script text not null, file text);
create index if not exists slip_waiting on slip (due_at) where file is null;
create index if not exists slip_script on slip (script);
create table if not exists slip_file (
  name text not null, account text not null, at text not null, caisse text not null,
  identification text not null, total text not null, lines integer not null, faults text not null,
  content blob not null, sha256 text not null, later blob, later_sha256 text,
  fetched integer not null default 0, confirmed_at text, primary key (account, name));
create table if not exists script (
  name text primary key, siret text, nir text, first_day text, body text not null);
create index if not exists script_match on script (siret, nir, first_day);
create table if not exists fault (
  id integer primary key, operation text not null, rule text not null, script text,
  siret text, nir text, first_day text, revision integer,
  seen integer not null default 0, hits integer not null default 0);
create table if not exists call (
  id integer primary key, at text not null, account text not null, operation text not null,
  control_numbers text not null, body_sha256 text, fault text, outcome text not null,
  traceparent text);
"""

ADDED = (("call", "traceparent", "text"),)
"""Columns that a kept world of an earlier release does not have yet."""

EMPTIED = ("arret", "filing", "answer", "slip", "slip_file", "script", "fault", "call")


def written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)
