"""The cast, once per test, and clients signed in as its members."""

from tests.pages.conftest import cast, sign_in

__all__ = ["cast", "sign_in"]
