"""Verbs of the mathematics: the only place where it meets tables. Each call writes one Run."""
