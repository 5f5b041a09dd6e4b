"""Small, slow spans of customers, so that an import can be killed within one."""

import time

from customers.imports.people import Customers

SPAN = 500
_apply = Customers.apply


def _slowly(self, context, low, high):
    _apply(self, context, low, high)
    time.sleep(0.3)


Customers.chunk, Customers.apply = SPAN, _slowly
