"""The catalog: the templates in use, the same in every process; the worker keeps it from the folder of files."""

from .catalog import TemplateCatalog
from .model import LoadedTemplates, StoredTemplate

__all__ = ["LoadedTemplates", "StoredTemplate", "TemplateCatalog"]
