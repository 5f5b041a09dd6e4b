"""What differs from Django's own formats, by language."""
