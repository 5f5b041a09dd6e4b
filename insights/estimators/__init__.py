"""Churn estimators: one file each; every one ends as a flat model that is plain data and explains itself."""

from typing import Any

from crm.kit.registry import Registry

REGISTRY: Registry[Any] = Registry("insights.estimators")
