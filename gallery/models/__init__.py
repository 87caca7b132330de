"""The tables, one module for each thing; querysets live beside their models."""

from gallery.models.attempt import Attempt, KeptAnswer
from gallery.models.catalog import CatalogModel, CatalogStyle
from gallery.models.gate import Gate
from gallery.models.generation import ACTIVE_STATES, FINAL_STATES, Generation, State
from gallery.models.image import Image
from gallery.models.prompt import Prompt
from gallery.models.user import User
from gallery.models.worker import Worker

__all__ = [
    "ACTIVE_STATES",
    "FINAL_STATES",
    "Attempt",
    "CatalogModel",
    "CatalogStyle",
    "Gate",
    "Generation",
    "Image",
    "KeptAnswer",
    "Prompt",
    "State",
    "User",
    "Worker",
]
