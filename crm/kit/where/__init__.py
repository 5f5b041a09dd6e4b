"""Conditions with AND and OR groups: one grammar for the address, its check, its query and its words.

``?where=city.is:Berlin;(lifecycle.any:lead,prospect|churn_probability.gt:0.6)``: a field, an operator and
values; ``;`` joins by AND, ``|`` by OR, brackets nest to depth three. What may be asked is what the FilterSet
offers to the reader (see ``facets``); it works on pages, in the REST lists, exports, saved views and bulk actions.
"""

from crm.kit.where.facets import Facet
from crm.kit.where.filter import WhereFilter
from crm.kit.where.grammar import Condition, Group, parse, write

__all__ = ["Condition", "Facet", "Group", "WhereFilter", "parse", "write"]
