"""Bringing files in: read → map → convert → stage by COPY → upsert in the database, with a reason per row."""

from customers.imports import consents, events, people  # noqa: F401  (they enter their kinds)
