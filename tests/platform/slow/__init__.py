"""An app with one slow job, for the tests that kill processes in the middle of work."""
