"""Ways to divide customers into groups: one file each, found by the registry."""

from typing import Any

from crm.kit.registry import Registry

REGISTRY: Registry[Any] = Registry("insights.segmenters")
