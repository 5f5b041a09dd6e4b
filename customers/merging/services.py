"""Merging customers and splitting them again: one transaction each, every moved row remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import check_fields, check_tag, covers
from customers.belongings import Belonging, belonging, belongings
from customers.merging import choices as choosing
from customers.models import (
    ContactPoint,
    Customer,
    DuplicatePair,
    LastContact,
    Merge,
    MergedCustomer,
    MergeMove,
)  # fmt: skip

MOST_AT_ONCE = 20
CHUNK = 10_000
FOREIGN = ("owner", "team", "parent")
POINTED = ("email", "phone", "address")


@transaction.atomic
def merge_customers(
    *, user: User, keep_id: int, other_ids: Iterable[int], now: datetime, choices: Mapping[str, Any] | None = None,
    expected: Mapping[int, str] | None = None, job_id: int | None = None,
) -> Merge:  # fmt: skip
    """Make one customer of several: all that points at the others moves, and their addresses lead to the survivor.

    ``choices`` names per field the record whose value is taken. Raises Refused: 404 for what the user does not
    see, 403 for what the user may not merge, 409 when one of them is merged already or has changed.
    """
    ids = _asked(keep_id, other_ids)
    rows = _locked(ids, user=user)
    keep, others = rows[keep_id], [rows[pk] for pk in ids if pk != keep_id]
    _check_rights(keep, others, user=user)
    for pk, tag in (expected or {}).items():
        if pk in rows:
            check_tag(rows[pk], tag)
    picks = choosing.picks(keep, others, choices or {})
    check_fields(dict.fromkeys(choices or {}), user=user, obj="customer")
    merge = Merge.objects.create(keep=keep, user=user, at=now, job_id=job_id)
    with pghistory.context(via="merge", merge=merge.pk, user=user.pk):
        for other in others:
            _move_all(merge, other)
        _put_away(merge, others, now=now)
        _fill(merge, keep, others, picks)
        _judged([keep, *others], user=user, now=now)
    return merge


def _asked(keep_id: int, other_ids: Iterable[int]) -> list[int]:
    others = sorted(set(other_ids))
    if not others or keep_id in others:
        raise Invalid(_("Name at least one other customer to merge."), fields={"others": _("Name another customer.")})
    if len(others) > MOST_AT_ONCE:
        sentence = _("At most %(most)s customers are merged at once.") % {"most": MOST_AT_ONCE}
        raise Invalid(sentence, fields={"others": sentence})
    return sorted([keep_id, *others])


def _locked(ids: Sequence[int], *, user: User) -> dict[int, Customer]:
    """The rows in the order of their keys, so that two merges of the same never wait for each other."""
    reached = Customer.objects.filter(user.access.rows("customer")).filter(pk__in=ids)
    rows = {row.pk: row for row in reached.select_for_update(of=("self",)).order_by("pk")}
    gone = [pk for pk in ids if pk not in rows or rows[pk].deleted_at is not None]
    if (
        gone
        and all(pk in rows for pk in ids)
        and MergedCustomer.objects.filter(customer__in=gone, standing=True).exists()
    ):
        raise Refused(_("One of them was merged already. Nothing was changed; read them again."), code="merged")
    if gone:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return rows


def _check_rights(keep: Customer, others: Sequence[Customer], *, user: User) -> None:
    """The survivor is changed, the others go away."""
    allowed = covers(keep, user=user, obj="customer", action="change") and all(
        covers(row, user=user, obj="customer", action="delete") for row in others
    )
    if not allowed:
        raise Refused(_("You may see these records, but not merge them."), status=403, code="forbidden")


def _move_all(merge: Merge, other: Customer) -> None:
    for one in belongings():
        _move(merge, one, other)


def _move(merge: Merge, one: Belonging, other: Customer) -> None:
    """Point the rows of one table at the survivor; those that would be double there stay where they are."""
    keep = merge.keep_id
    stripped: set[int] = set()
    for flag, rows in one.flagged(other.pk, keep).items():
        ids = list(rows.values_list("pk", flat=True))
        if ids:
            one.model._base_manager.filter(pk__in=ids).update(**{flag: False})
            _note(merge, one, other, ids, stripped=flag)
            stripped |= set(ids)
    ids = list(one.movable(other.pk, keep).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        one.model._base_manager.filter(pk__in=ids[start : start + CHUNK]).update(**{one.field: keep})
    _note(merge, one, other, ids)


def _note(merge: Merge, one: Belonging, other: Customer, ids: Sequence[int], *, stripped: str = "") -> None:
    MergeMove.objects.bulk_create(
        MergeMove(
            merge=merge, customer=other, table=one.table, field=one.field, stripped=stripped, ids=ids[start : start + CHUNK]
        )
        for start in range(0, len(ids), CHUNK)
    )  # fmt: skip


def _put_away(merge: Merge, others: Sequence[Customer], *, now: datetime) -> None:
    for other in others:
        other.deleted_at = now
        other.version += 1
        other.save(update_fields=["deleted_at", "version", "updated_at"])
        MergedCustomer.objects.create(merge=merge, customer=other, keep_id=merge.keep_id)


def _fill(merge: Merge, keep: Customer, others: Sequence[Customer], picks: Sequence[choosing.Pick]) -> None:
    """Give the survivor the chosen values, and remember what it held."""
    wanted = {pick.field: pick.value for pick in picks} | choosing.joined(keep, others)
    lost = {other.pk for other in others}
    if keep.parent_id in lost or _above(wanted["parent"]) & {keep.pk, *lost}:
        wanted["parent"] = None
    changed = [field for field, value in wanted.items() if getattr(keep, field) != value]
    merge.before = {field: _kept(getattr(keep, field)) for field in changed}
    for field in changed:
        setattr(keep, field, wanted[field])
    merge.after = {field: _kept(getattr(keep, field)) for field in changed}
    keep.version += 1
    keep.save(update_fields=[*changed, "version", "updated_at"])
    _flip_points(merge, keep, [field for field in changed if field in POINTED])
    _last_contact(merge, others)
    merge.save(update_fields=["before", "after"])


def _above(parent: Customer | None) -> set[int]:
    """A company and those above it."""
    seen: set[int] = set()
    while parent is not None and parent.pk not in seen:
        seen.add(parent.pk)
        parent = parent.parent
    return seen


def _kept(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.pk if hasattr(value, "pk") else value


def _flip_points(merge: Merge, keep: Customer, kinds: Sequence[str]) -> None:
    """The primary contact point follows the chosen value, where there is one that holds it."""
    cleared: list[int] = []
    marked: list[int] = []
    for kind in kinds:
        points = list(ContactPoint.objects.filter(customer=keep, kind=kind).order_by("pk"))
        holder = next((point for point in points if point.value == getattr(keep, kind)), None)
        if holder is None or holder.primary:
            continue
        cleared += [point.pk for point in points if point.primary]
        marked.append(holder.pk)
    ContactPoint.objects.filter(pk__in=cleared).update(primary=False)
    ContactPoint.objects.filter(pk__in=marked).update(primary=True)
    if marked:
        merge.before["points"], merge.after["points"] = cleared, marked


def _last_contact(merge: Merge, others: Sequence[Customer]) -> None:
    """The latest contact with any of them is the survivor's."""
    rows = {row.customer_id: row.at for row in LastContact.objects.filter(customer__in=[merge.keep, *others])}
    own = rows.get(merge.keep_id)
    latest = max(rows.values(), default=None)
    if latest is not None and latest != own:
        LastContact.objects.update_or_create(customer_id=merge.keep_id, defaults={"at": latest})
        merge.before["last_contact"] = own.isoformat() if own else None
        merge.after["last_contact"] = latest.isoformat()


def _judged(rows: Sequence[Customer], *, user: User, now: datetime) -> None:
    """The pairs among them have their verdict."""
    pairs = DuplicatePair.objects.open().filter(a__in=rows, b__in=rows)
    pairs.update(state=DuplicatePair.State.MERGED, verdict_by=user, verdict_at=now)


@transaction.atomic
def unmerge(*, user: User, merge_id: int, now: datetime) -> tuple[Merge, list[str]]:
    """Split customers again: what was theirs is theirs, what came since stays with the survivor.

    Returns the merge and the fields that people have changed since, which are kept as they are.
    """
    merge = Merge.objects.select_for_update().filter(pk=merge_id).first()
    if merge is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    lost = list(merge.others.order_by("customer_id").values_list("customer_id", flat=True))
    reached = Customer.objects.filter(user.access.rows("customer")).filter(pk__in=[merge.keep_id, *lost])
    rows = {row.pk: row for row in reached.select_for_update(of=("self",)).order_by("pk")}
    if len(rows) < len(lost) + 1:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    keep, others = rows[merge.keep_id], [rows[pk] for pk in lost]
    _check_split(merge, keep)
    _check_rights(keep, others, user=user)
    with pghistory.context(via="merge", unmerge=merge.pk, user=user.pk):
        _bring_back(others)
        _points_back(keep, merge.before.get("points", []), merge.after.get("points", []))
        for move in merge.moves.order_by("-pk"):
            _move_back(merge, move)
        kept = _empty_again(merge, keep)
    merge.others.update(standing=False)
    merge.undone_at, merge.undone_by = now, user
    merge.save(update_fields=["undone_at", "undone_by"])
    pairs = DuplicatePair.objects.filter(a__in=rows, b__in=rows, state=DuplicatePair.State.MERGED)
    pairs.update(state=DuplicatePair.State.OPEN, verdict_by=None, verdict_at=None)
    return merge, kept


def _check_split(merge: Merge, keep: Customer) -> None:
    if merge.undone_at is not None:
        raise Refused(_("These customers were split again already."), code="undone")
    if MergedCustomer.objects.filter(customer=keep, standing=True).exists():
        raise Refused(_("This customer was itself merged into another one later. Split that one first."), code="merged")
    later = MergedCustomer.objects.filter(keep=keep, standing=True, merge__gt=merge).exists()
    if later:
        raise Refused(_("Another customer was merged into this one later. Split that one first."), code="later")


def _bring_back(others: Sequence[Customer]) -> None:
    for other in others:
        other.deleted_at = None
        other.version += 1
        other.save(update_fields=["deleted_at", "version", "updated_at"])


def _move_back(merge: Merge, move: MergeMove) -> None:
    """Rows that still are the survivor's go back; those that someone took elsewhere or deleted stay so."""
    one = belonging(move.table, move.field)
    if one is None:
        return
    rows = one.model._base_manager.filter(pk__in=move.ids)
    if move.stripped:
        flagged = rows.filter(**{one.field: move.customer_id})
        others = one.of(move.customer_id).filter(**{move.stripped: True})
        if not others.exists() or move.stripped != "primary":
            flagged.update(**{move.stripped: True})
        else:
            _one_of_each_kind(flagged, others)
        return
    rows.filter(**{one.field: merge.keep_id}).update(**{one.field: move.customer_id})


def _one_of_each_kind(flagged: Any, others: Any) -> None:
    """Set the flag again where nobody gave it to another row of the kind since."""
    taken = set(others.values_list("kind", flat=True))
    flagged.exclude(kind__in=taken).update(primary=True)


def _empty_again(merge: Merge, keep: Customer) -> list[str]:
    """Give the survivor back what it held; fields that were changed since are kept and named."""
    before, after = dict(merge.before), dict(merge.after)
    after.pop("points", None)
    _last_contact_back(keep, before.pop("last_contact", None), after.pop("last_contact", None))
    same = [field for field in after if _kept(getattr(keep, field)) == after[field]]
    for field in same:
        name = f"{field}_id" if field in FOREIGN else field
        setattr(keep, name, before[field])
    keep.version += 1
    keep.save(update_fields=[*same, "version", "updated_at"])
    return sorted(set(after) - set(same))


def _points_back(keep: Customer, cleared: Sequence[int], marked: Sequence[int]) -> None:
    still = ContactPoint.objects.filter(pk__in=marked, customer=keep, primary=True)
    still.update(primary=False)
    kinds = ContactPoint.objects.filter(customer=keep, primary=True).values_list("kind", flat=True)
    ContactPoint.objects.filter(pk__in=cleared, customer=keep).exclude(kind__in=list(kinds)).update(primary=True)


def _last_contact_back(keep: Customer, before: str | None, after: str | None) -> None:
    if after is None:
        return
    row = LastContact.objects.filter(customer=keep, at=datetime.fromisoformat(after))
    if before is None:
        row.delete()
    else:
        row.update(at=datetime.fromisoformat(before))


def standing_for(pk: int) -> int | None:
    """The customer that a merged one went into, through several merges; None when it is not merged."""
    found = None
    for _step in range(MOST_AT_ONCE):
        into = MergedCustomer.objects.filter(customer=pk, standing=True).values_list("keep", flat=True).first()
        if into is None:
            return found
        found = pk = into
    return found


def last_merge(keep_id: int) -> Merge | None:
    """The latest merge into a customer that still stands."""
    return Merge.objects.filter(keep=keep_id, undone_at=None).order_by("-pk").first()
