"""Specs that were written for another tool, or for none, turned into ours; one module for each kind of source. Pure."""

from .choose import SOURCES, Source, import_spec, source_of
from .ours import OURS, as_it_is
from .sheet import Imported, Remark, Unplaced

__all__ = ["OURS", "SOURCES", "Imported", "Remark", "Source", "Unplaced", "as_it_is", "import_spec", "source_of"]
