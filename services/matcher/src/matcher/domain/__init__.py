"""Nouns, rules and state tables of a case; pure: no database, no clock, no network."""
