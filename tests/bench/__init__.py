"""Benchmarks; never part of the tests. ``make bench`` runs them."""
