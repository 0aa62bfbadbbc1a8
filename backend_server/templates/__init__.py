"""Template and device yield a document. Pure: same template, same device, same bytes.

A template is parsed as JSON first and filled value by value, so a value can never change the structure.
"""

from .choose import TemplateSet
from .context import FleetSummary
from .expressions import FillError
from .header import TemplateScope
from .importer import ImportChoices, ImportedTemplate, import_template
from .rollout import DocumentChange, plan_rollout
from .template import Template, load_template

__all__ = [
    "DocumentChange",
    "FillError",
    "FleetSummary",
    "ImportChoices",
    "ImportedTemplate",
    "Template",
    "TemplateScope",
    "TemplateSet",
    "import_template",
    "load_template",
    "plan_rollout",
]
