"""Merging customers into one, and splitting them again exactly."""
