"""Parts of pages: icons, words and figures, table cells, charts. Templates reach them by ``{% load ui %}``."""
