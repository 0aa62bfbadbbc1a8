"""Generator and packs into wanted documents: what is made or shipped, published as it is and withdrawn again."""

from .generated import GeneratedDashboards, PublishedJob
from .packs import Packs, PackStatus

__all__ = ["GeneratedDashboards", "PackStatus", "Packs", "PublishedJob"]
