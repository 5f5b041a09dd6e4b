"""The cast and its clients, as the tests of pages have them."""

from tests.pages.conftest import cast, sign_in

__all__ = ["cast", "sign_in"]
