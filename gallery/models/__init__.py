"""The tables, one module for each thing; querysets live beside their models."""

from gallery.models.attempt import Attempt, KeptAnswer
from gallery.models.batch import Batch
from gallery.models.catalog import CatalogModel, CatalogStyle
from gallery.models.collection import Collection, CollectionImage
from gallery.models.document import ImageDocument
from gallery.models.draft import Draft
from gallery.models.gate import ClosedGates, Gate
from gallery.models.generation import Generation, Kind
from gallery.models.image import Image
from gallery.models.input import Input
from gallery.models.mark import Mark
from gallery.models.occurrence import Day, SearchTerm
from gallery.models.pin import Pin
from gallery.models.preset import Preset
from gallery.models.prompt import Prompt
from gallery.models.saved_search import SavedSearch
from gallery.models.site_status import SiteStatus
from gallery.models.states import ACTIVE_STATES, FINAL_STATES, Hold, Outcome, State
from gallery.models.tag import ImageTag, Tag
from gallery.models.upload import Upload
from gallery.models.user import User
from gallery.models.verification import Verification
from gallery.models.worker import Worker

__all__ = [
    "ACTIVE_STATES",
    "FINAL_STATES",
    "Attempt",
    "Batch",
    "CatalogModel",
    "CatalogStyle",
    "ClosedGates",
    "Collection",
    "CollectionImage",
    "Day",
    "Draft",
    "Gate",
    "Generation",
    "Hold",
    "Image",
    "ImageDocument",
    "ImageTag",
    "Input",
    "KeptAnswer",
    "Kind",
    "Mark",
    "Outcome",
    "Pin",
    "Preset",
    "Prompt",
    "SavedSearch",
    "SearchTerm",
    "SiteStatus",
    "State",
    "Tag",
    "Upload",
    "User",
    "Verification",
    "Worker",
]
