"""What the law asks of whoever keeps people's data: consent, a copy for the person, erasure, retention."""
