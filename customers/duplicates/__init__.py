"""Duplicates: found, explained, judged by people. ``normal``, ``keys``, ``weights`` and ``clusters`` know no Django."""
