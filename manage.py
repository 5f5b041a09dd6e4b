#!/usr/bin/env python
"""Every command of Vantage; ``manage.py up`` runs the whole."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    from crm.supervisor.entry import run

    sys.exit(run(sys.argv))
