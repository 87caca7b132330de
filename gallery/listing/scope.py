"""Which pictures a list is about, and a picture's page steps among; named by `in=` in addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F
from django.http import QueryDict
from django.urls import reverse

from gallery import search
from gallery.formats import MAX_ID, read_id
from gallery.listing.listing import Kept, Listing
from gallery.listing.order import COLLECTION_ORDERS, ORDERS, OWN, Cursor, Order
from gallery.models import CollectionImage, Image, User
from gallery.models.document import asked_alone
from gallery.models.image import ImageQuerySet
from gallery.models.image_search import is_read_as_it_is

PROMPT, COLLECTION, TRASH = "prompt", "collection", "trash"


@dataclass(frozen=True, slots=True)
class Scope:
    """Every stack's cover, all pictures of one prompt or collection (its `number`), or what is in the trash."""

    kind: str = ""
    number: int | None = None

    @classmethod
    def read(cls, sent: QueryDict) -> "Scope":
        """What `in` names of an address or a form; the whole gallery where that is nothing that we have written."""
        kind, _, text = sent.get("in", "").partition(":")
        number = read_id(text)
        if (kind in (PROMPT, COLLECTION) and number is not None) or (kind == TRASH and not text):
            return cls(kind, number)
        return cls()

    @property
    def text(self) -> str:
        """As `in=` names it; empty for the whole gallery."""
        return self.kind if self.number is None else f"{self.kind}:{self.number}"

    @property
    def words(self) -> str:
        """What is searched here, for who is asked to."""
        return {PROMPT: "its pictures", COLLECTION: "this collection", TRASH: "the trash"}.get(
            self.kind, "pictures"
        )

    @property
    def path(self) -> str:
        """The address of the page that lays these pictures out."""
        return reverse(self.kind or "gallery", args=[] if self.number is None else [self.number])

    @property
    def orders(self) -> Mapping[str, Order]:
        """The ways to sort them; the first is the usual one."""
        return COLLECTION_ORDERS if self.kind == COLLECTION else ORDERS

    @property
    def is_stacked(self) -> bool:
        """Whether a cover stands for its stack; elsewhere each picture stands for itself."""
        return not self.kind

    def pictures(self) -> ImageQuerySet:
        """Its rows, in no order yet; those of a collection with their `position` there."""
        every = Image.objects.all()
        match self.kind:
            case "prompt":
                return every.kept().filter(prompt=self.number)
            case "collection":
                within = every.kept().filter(entries__collection=self.number)
                placed: ImageQuerySet = within.annotate(position=F("entries__position"))
                return placed
            case "trash":
                return every.in_trash()
        return every.covers()

    def matching(self, query: search.Query) -> ImageQuerySet:
        """Those that hold `query`. What Venice made unusable crowds no gallery: it is found by what it is asked for."""
        return self._holding(query, lambda rows: rows)

    def _holding(
        self, query: search.Query, listed: Callable[[ImageQuerySet], ImageQuerySet]
    ) -> ImageQuerySet:
        """The same of those that are `listed`, which are chosen first: what is searched last knows how to be walked."""
        rows = self.pictures()
        if self.kind == TRASH:
            return rows.matching_unindexed(query)
        if not self.kind:
            return listed(Image.objects.all()).shown_for(query) if query else listed(rows.usable())
        return listed(rows).matching(query)

    def listed(self, query: search.Query, member: User) -> ImageQuerySet:
        """What is `matching`, as `member` has it in lists; the trash shows all that can be restored."""
        return self._holding(query, lambda rows: rows.listed_for(member))

    def kept(self, listing: Listing, member: User) -> Kept | None:
        """What is `listed`, where its SQL may be kept: the gallery, and the newest of what documents alone decide.

        None where it is written anew each time.
        """
        query, hides = listing.query, member.hides_sensitive
        if self.kind:
            return None
        if not query:
            return Kept(("gallery", hides), lambda: self.listed(query, member))
        asked = asked_alone(query)
        order = listing.order
        if asked is None or not order.is_by_id or not is_read_as_it_is(query, order.columns):
            return None
        return Kept(
            ("search", hides),
            lambda text: Image.objects.covers().documented(text).listed_for(member),
            (asked,),
        )

    def hides(self, query: search.Query, member: User) -> bool:
        """Whether there are some that only the setting of `member` keeps out of the list."""
        return member.hides_sensitive and self.matching(query).sensitive().exists()

    def cursor(self, order: Order, image: Image) -> Cursor:
        """Where `image` stands in `order`; at the end of a collection's own order when it is not in it."""
        if order is not OWN:
            return order.cursor(image)
        entries = CollectionImage.objects.filter(collection=self.number, image=image)
        position = entries.values_list("position", flat=True).first()
        return (MAX_ID if position is None else position, image.pk)

    def within(self, listing: Listing) -> str:
        """`?q=…&in=…`, or nothing for the whole gallery: makes a picture's page step among these."""
        if not self.text:
            return listing.within
        own = urlencode({"in": self.text}, safe=":")
        return f"{listing.within}{'&' if listing.within else '?'}{own}"
