"""Ready-made dashboards: which documents a pack is, in which folder, what an upgrade changes. Pure."""

from .pack import Pack, PackPlan, plan_install

__all__ = ["Pack", "PackPlan", "plan_install"]
