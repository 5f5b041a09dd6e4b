"""Fixtures for all tests; the servers behind the database are started by tests/settings.py."""
