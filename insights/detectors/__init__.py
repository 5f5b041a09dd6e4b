"""Ways to find the strange: one file each, found by the registry. Higher is stranger, 0 to 1."""

from typing import Any

from crm.kit.registry import Registry

REGISTRY: Registry[Any] = Registry("insights.detectors")
