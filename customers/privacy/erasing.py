"""Erasing a person: what would go and stay, the asking, and the work itself.

Order of the work: places without keys (files, logs), then one transaction for all tables. A run that dies is
begun again and finds either the person with all their words, or the finished proof.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

import customers.privacy.files
import customers.privacy.names  # noqa: F401  names its tables
from crm.accounts import audit
from crm.accounts.models import AuditDetail, User
from crm.kit import jobs, vocabulary
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job
from customers.imports.undo.scope import dependents_first, model_of
from customers.models import Contact, Customer, EraseProof, ImportJob, LegalHold
from customers.privacy import proofs
from customers.privacy.reach import (
    SLICE,
    Kept,
    Model,
    Subject,
    Walk,
    histories,
    kept_of,
    name_of,
    scrubbers,
    subject_of,
    walk,
)
from customers.privacy.sweep import sweep
from customers.privacy.words import ERASED, Words, words_of

JOB = "privacy.erase"
MODELS: dict[str, type[Customer] | type[Contact]] = {"customer": Customer, "contact": Contact}


@dataclass
class Preview:
    """What an erasure would do, table by table: (name, rows)."""

    removed: list[tuple[str, int]] = field(default_factory=list)
    kept: list[tuple[str, int, str | Promise]] = field(default_factory=list)
    detached: list[tuple[str, int]] = field(default_factory=list)
    contacts: int = 0


def preview(kind: str, pk: int) -> Preview:
    """Count what a person's erasure would remove, keep without them, and leave alone; changes nothing."""
    subject = subject_of(kind, pk)
    found = walk(subject)
    removed = sorted((name_of(model), len(keys)) for model, keys in found.remove.items() if keys)
    kept = [(name_of(model), len(found.kept_keys(model)), _rule(model).why) for model in found.keep]
    detached = [(name_of(model), len(keys)) for (model, _key), keys in found.detach.items()]
    return Preview(removed, sorted(kept, key=lambda one: one[0]), sorted(detached), len(subject.contacts))


def _rule(model: Model) -> Kept:
    found = kept_of(model)
    assert found is not None
    return found


def find(user: User, kind: str, pk: int, action: str) -> Customer | Contact:
    """The row within a user's reach, in the trash too; Refused (404) otherwise, 403 without the right."""
    if not user.access.can("privacy", action):
        raise Refused(_("Your role does not reach this. Nothing was changed."), status=403, code="forbidden")
    rows = MODELS[kind]._base_manager.filter(user.access.rows(kind), user.access.rows("privacy", action))
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return row


def hold_of(pk: int) -> LegalHold | None:
    """The hold that keeps a customer's data, if one is on."""
    return LegalHold.objects.filter(customer=pk, lifted_at=None).first()


@transaction.atomic
def ask_erase(*, user: User, kind: str, pk: int, typed: str, now: datetime) -> Job:
    """Queue the erasure of a person whose name was typed; raises Refused under a hold, Invalid for another name."""
    row = find(user, kind, pk, "delete")
    if typed.strip().casefold() != row.name.strip().casefold():
        sentence = _("The name does not fit. Nothing was erased; type the name as it stands above.")
        raise Invalid(sentence, fields={"typed": sentence})
    _check_hold(kind, pk)
    proof = _proof(kind, row, user=user, reason="asked", now=now)
    job = jobs.enqueue(JOB, {"proof": proof.pk}, user=user)
    proof.job = job
    proof.save(update_fields=["job"])
    audit.record(
        action="erase.ask",
        obj=f"{kind} {pk}",
        user_id=user.pk,
        detail={"proof": str(proof.token)},
        address=None,
        at=now,
    )
    return job


def _check_hold(kind: str, pk: int) -> None:
    if kind == "customer" and hold_of(pk) is not None:
        raise Refused(
            _("A legal hold keeps this customer's data. Nothing was erased; lift the hold first."), code="hold"
        )


def _proof(kind: str, row: Customer | Contact, *, user: User | None, reason: str, now: datetime) -> EraseProof:
    """The proof of an erasure that begins; the one that was begun already, if any."""
    open_one = EraseProof.objects.filter(kind=kind, subject_id=row.pk, state=EraseProof.State.ASKED).first()
    return open_one or EraseProof.objects.create(
        kind=kind, subject_id=row.pk, key=proofs.key_of(kind, row), digests=proofs.digests_of(subject_of(kind, row.pk)),
        user=user, reason=reason, asked_at=now,
    )  # fmt: skip


def erase_now(*, kind: str, pk: int, reason: str, now: datetime, again: bool = False) -> dict[str, int]:
    """Erase at once, for rules and for backups that are restored; raises Refused under a hold.

    ``again`` is for who was erased before: a hold of an older backup was lifted by then, and an import of it that
    was under way is not going on.
    """
    row = MODELS[kind]._base_manager.get(pk=pk)
    if again:
        LegalHold.objects.filter(customer=pk, lifted_at=None).update(lifted_at=now)
        open_ones = [ImportJob.State.WAITING, ImportJob.State.RUNNING]
        ImportJob.objects.filter(state__in=open_ones).update(state=ImportJob.State.FAILED, finished_at=now)
    return run_erase(proof_id=_proof(kind, row, user=None, reason=reason, now=now).pk, now=now)


def run_erase(*, proof_id: int, now: datetime) -> dict[str, int]:
    """Do what a proof stands for; a finished one is left as it is. Returns what went, stayed and was cleaned."""
    proof = EraseProof.objects.get(pk=proof_id)
    if proof.state != EraseProof.State.ASKED:
        return _figures(proof)
    try:
        if not MODELS[proof.kind]._base_manager.filter(pk=proof.subject_id).exists():
            raise Refused(_("This record is not here any more. Nothing was left to erase."))
        _check_hold(proof.kind, proof.subject_id)
        subject = subject_of(proof.kind, proof.subject_id)
        words = words_of(subject)
        places = {name: scrub(subject, words) for name, scrub in scrubbers().items()}
    except Refused:
        EraseProof.objects.filter(pk=proof.pk).update(state=EraseProof.State.REFUSED)
        raise
    proofs.append(proof, now)
    with transaction.atomic():
        _clear_tables(proof, subject, words, places, now)
    return _figures(proof)


def _figures(proof: EraseProof) -> dict[str, int]:
    return {name: sum(proof.counts.get(name, {}).values()) for name in ("removed", "kept", "cleaned", "places")}


def _clear_tables(proof: EraseProof, subject: Subject, words: Words, places: dict[str, int], now: datetime) -> None:
    """All tables in one transaction: keys, histories, texts, audit details, and the proof itself."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    locked = MODELS[proof.kind]._base_manager.select_for_update(of=("self",)).filter(pk=proof.subject_id)
    list(locked.values_list("pk"))
    _check_hold(proof.kind, proof.subject_id)
    found = walk(subject)
    _remove_attached(found)
    with pgtrigger.ignore():
        kept, removed = _keep(found, now), Counter[str]()
        _detach(found, now)
        for label in dependents_first([model._meta.label_lower for model in found.remove]):
            model = model_of(label)
            removed[model._meta.label] += _delete(model, found.remove[model])
        removed += _clear_histories(found, subject)
        _leave_stubs(subject, now)
    cleaned = {**sweep(words), **_forget_answers(subject), **_forget_names(words)}
    _scrub_trail(proof, subject, words, now)
    proof.counts = {"removed": dict(removed), "kept": dict(kept), "cleaned": cleaned, "places": places}
    proof.state, proof.erased_at = EraseProof.State.DONE, now
    proof.save(update_fields=["counts", "state", "erased_at"])
    audit.record(
        action="erase", obj=f"{proof.kind} {proof.subject_id}", user_id=proof.user_id,
        detail={"proof": str(proof.token), **_figures(proof)}, address=None, at=now,
    )  # fmt: skip


def _keep(found: Walk, now: datetime) -> Counter[str]:
    """Rows that stay lose the key to the person and their words, and so do the rows below them."""
    counts: Counter[str] = Counter()
    for model, by_key in found.keep.items():
        rule = _rule(model)
        for key, keys in by_key.items():
            counts[model._meta.label] += _update(model, "pk", keys, {**rule.values, key: None, **_stamp(model, now)})
        for child in rule.children:
            below = apps.get_model(child.model)
            counts[child.model] += _update(below, f"{child.key}__in", found.kept_keys(model), dict(child.values))
    return counts


def _remove_attached(found: Walk) -> None:
    """Files of removed rows leave the disk once the rows are gone for good."""
    for model, keys in found.remove.items():
        for one in model._meta.concrete_fields:
            if isinstance(one, models.FileField):
                names = (
                    model._base_manager.filter(pk__in=keys).exclude(**{one.name: ""}).values_list(one.name, flat=True)
                )
                for name in names:
                    transaction.on_commit(partial(one.storage.delete, name))


def _detach(found: Walk, now: datetime) -> None:
    for (model, key), keys in found.detach.items():
        _update(model, "pk", keys, {key: None, **_stamp(model, now)})


def _stamp(model: Model, now: datetime) -> dict[str, Any]:
    """Apps above learn of changes by this column."""
    return {"updated_at": now} if any(one.name == "updated_at" for one in model._meta.concrete_fields) else {}


def _update(model: Model, path: str, keys: set[int], values: dict[str, Any]) -> int:
    ordered, lookup = sorted(keys), path if path.endswith("__in") else f"{path}__in"
    parts = (ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE))
    return sum(model._base_manager.filter(**{lookup: part}).update(**values) for part in parts)


def _delete(model: Model, keys: set[int]) -> int:
    """Without Django's own cascade: the walk has found every row."""
    ordered = sorted(keys)
    parts = (ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE))
    return sum(model._base_manager.filter(pk__in=part)._raw_delete("default") for part in parts)  # type: ignore[attr-defined]


def _clear_histories(found: Walk, subject: Subject) -> Counter[str]:
    """Old states of removed rows go; those of kept rows, and of rows that were the person's once, lose their words."""
    counts: Counter[str] = Counter()
    for events in histories():
        tracked: Model = events.pgh_tracked_model  # type: ignore[attr-defined]
        mine = Q(pgh_obj_id__in=found.remove.get(tracked) or found.kept_keys(tracked))
        keys = _keys_to(events, subject)
        for column, ids in keys.items():
            mine |= Q(**{f"{column}__in": ids})
        rows, rule = events._base_manager.filter(mine), kept_of(tracked)
        if rule is not None:
            rows.update(**{**rule.values, **dict.fromkeys(keys, None)})
        elif tracked in found.remove or any(_cascades(tracked, column) for column in keys):
            counts[events._meta.label] += rows._raw_delete("default")  # type: ignore[attr-defined]
        elif keys:
            rows.update(**dict.fromkeys(keys, None))
    _clear_child_histories(found)
    return counts


def _keys_to(events: Model, subject: Subject) -> dict[str, frozenset[int]]:
    """Columns of a history that name the person, with the keys."""
    ids = {Customer: subject.customers, Contact: subject.contacts}
    columns = {}
    for one in events._meta.concrete_fields:
        if isinstance(one, models.ForeignKey) and one.name != "pgh_obj" and one.related_model in ids:
            wanted = ids[one.related_model]  # type: ignore[index]
            if wanted:
                columns[one.name] = wanted
    return columns


def _cascades(tracked: Model, name: str) -> bool:
    remote = tracked._meta.get_field(name).remote_field  # type: ignore[union-attr]
    return remote is not None and getattr(remote, "on_delete", None) is models.CASCADE


def _clear_child_histories(found: Walk) -> None:
    for events in histories():
        tracked: Model = events.pgh_tracked_model  # type: ignore[attr-defined]
        for model in found.keep:
            for child in _rule(model).children:
                if child.model == tracked._meta.label:
                    old = {f"{child.key}_id__in": found.kept_keys(model)}
                    events._base_manager.filter(**old).update(**child.values)


def _leave_stubs(subject: Subject, now: datetime) -> None:
    """One empty line of history per row: it says that there was a row and when it went, nothing of whom."""
    for model, keys in subject.roots.items():
        events = next(one for one in histories() if one.pgh_tracked_model is model)  # type: ignore[attr-defined]
        team = apps.get_model("accounts", "Team").root()
        for key in keys:
            events._base_manager.create(
                pgh_obj_id=key, pgh_label="erased", pgh_created_at=now, id=key, name="", team=team, created_at=now,
                updated_at=now,
            )  # fmt: skip


def _forget_answers(subject: Subject) -> dict[str, int]:
    """Answers kept for repeated requests show rows whole: those about the person go as a whole."""
    model = apps.get_model("accounts", "IdempotencyKey")
    keys = "|".join(str(pk) for pk in sorted({*subject.customers, *subject.contacts}))
    about = rf'(id|customer|contact|customer_id|contact_id)\\?": ?({keys})(?![0-9])|{re.escape(ERASED)}'
    rows = model._base_manager.alias(whole=models.functions.Cast("body", models.TextField())).filter(
        whole__iregex=about
    )
    gone = rows.delete()[0]
    return {model._meta.label: gone} if gone else {}


def _forget_names(words: Words) -> dict[str, int]:
    """The words by which a mistyped search is mended: those of the person's names that no other row has."""
    parts = {part for word in (*words.strong, *words.weak) for part in re.split(r"[\W\d_]+", word) if part}
    gone = vocabulary.forget_unused(parts)
    return {"kit.SearchWord": gone} if gone else {}


def _scrub_trail(proof: EraseProof, subject: Subject, words: Words, now: datetime) -> None:
    """Details of the audit trail that are about the person or name them go; the chain holds."""
    objects = [f"customer {pk}" for pk in subject.customers] + [f"contact {pk}" for pk in subject.contacts]
    wanted = Q(entry__object__in=objects) & ~Q(entry__action__in=["erase.ask", "erase"])
    if words.in_traces:
        wanted |= Q(text__iregex=words.in_traces)
    texts = AuditDetail.objects.alias(text=models.functions.Cast("data", models.TextField()))
    named = list(texts.filter(wanted).values_list("entry", flat=True))
    audit.scrub(entry_ids=named, user_id=proof.user_id, why=f"{proof.kind} {proof.subject_id}", at=now)
