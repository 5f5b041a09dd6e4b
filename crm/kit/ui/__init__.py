"""Parts of pages: icons, words, figures, cells, charts. Templates reach them by ``{% load ui %}``."""
