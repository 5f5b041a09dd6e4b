"""Followers of records, and mentions of colleagues: who is told of what others do."""
