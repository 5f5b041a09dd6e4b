"""The conditions of a list: as chips, and the form that builds them."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.kit.chips import Chip
from crm.kit.errors import Invalid
from crm.kit.lists.toolbar import Toolbar
from crm.kit.views import go_to
from crm.kit.where import builder
from crm.kit.where.check import Asked, Checked, check, sentence, without
from crm.kit.where.facets import Facet
from crm.kit.where.grammar import AND, Group, parse, write


class Conditions(Toolbar):
    """``?where=`` and ``?part=where``."""

    @cached_property
    def where(self) -> Checked:
        """The checked conditions of the address."""
        found = self.filterset.form.cleaned_data.get("where")
        return found if isinstance(found, Checked) else Checked(Group())

    @property
    def facets(self) -> dict[str, Facet]:
        """What the reader may ask."""
        found: dict[str, Facet] = self.filterset_class.facets(self.request.user, self.request)
        return found

    @property
    def where_address(self) -> str:
        """Where the form of conditions comes from."""
        return self._part_address("where")

    def chips(self) -> list[Chip]:
        """The flat filters, then each condition that must be true; a group stands in one chip."""
        return [*super().chips(), *self._where_chips()]

    def _where_chips(self) -> list[Chip]:
        checked = self.where
        if checked and checked.group.join != AND:
            return [Chip("where", "", "", sentence(checked), self.address(where=None))]
        made = []
        for place, part in enumerate(checked.parts):
            left = without(checked.group, place)
            remove = self.address(where=write(left) if left else None)
            if isinstance(part, Asked):
                made.append(Chip("where", str(part.facet.label), part.operator, part.value, remove))
            else:
                made.append(Chip("where", "", "", sentence(part), remove))
        return made

    def build(self) -> HttpResponseBase:
        """The form of conditions: drawn, changed by one of its buttons, or applied."""
        asked, facets = self.request.GET, self.facets
        do = asked.get("do", "")
        if not do:
            text = asked.get("where", "").strip()
            root = builder.from_group(parse(text) if text else Group())
            if not root.parts:
                builder.change(root, "add:0")
            return self._form(builder.rows_of(root, facets, self.request.user, focus="0-0"))
        root = builder.from_query(asked)
        if do != "apply":
            focus = builder.change(root, do)
            return self._form(builder.rows_of(root, facets, self.request.user, focus=focus))
        try:
            group = builder.to_group(root, facets)
            text = write(group)
            check(parse(text) if text else group, facets, self.request.user)
        except Invalid as invalid:
            drawn = builder.rows_of(root, facets, self.request.user, strict=True)
            return self._form(drawn, error=invalid.message)
        return go_to(self.request, self.address(where=text or None))

    def _form(self, root: builder.Row, error: str = "") -> HttpResponseBase:
        frame = "lists/dialog.html" if self.request.headers.get("HX-Request") else "lists/dialog_page.html"
        context = {
            "list": self, "part": "where", "inner": "lists/where_fields.html", "heading": _("Filter"), "root": root,
            "error": error, "cleared": self.address(where=None), "offered": self._grouped(), "kept": self._kept("where"),
        }  # fmt: skip
        return TemplateResponse(self.request, frame, context, status=422 if error else 200)

    def _grouped(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The facets by the record that they belong to, each group by its words."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, facet in self.facets.items():
            groups.setdefault(str(facet.group), []).append((name, capfirst(str(facet.label))))
        return [(label, sorted(pairs, key=lambda pair: pair[1].lower())) for label, pairs in groups.items()]

    def narrowed_by(self, extra: Any) -> str:
        """The conditions of the address with one more, as text."""
        text = self.request.GET.get("where", "").strip()
        held = parse(text) if text else Group()
        if held and held.join != AND:
            held = Group(AND, (held,))
        return write(Group(AND, (*held.parts, extra)))
