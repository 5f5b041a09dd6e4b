"""The composer above a customer's timeline: notes, calls, meetings, e-mails, and the drafts of them."""
