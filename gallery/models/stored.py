"""What every row that names a stored picture has: the columns of its file, and the addresses of its thumbnails."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import SIZES, widths
from venice.dimensions import InputFormat
from venice.sources import InputImage

# Their properties are called by their addresses.
_LARGER, _SMALLER = SIZES
_TAKEN: tuple[InputFormat, ...] = ("png", "jpeg", "webp", "avif")


class StoredPicture(models.Model):
    """The file that a row names, by content: several rows may name the same one (see files.py)."""

    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=120, help_text="Its file, below DATA_DIR/media.")
    format = models.CharField(max_length=10, help_text="As sniffed, whatever was asked for.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    color = models.CharField(max_length=7, default="#808080", help_text="Dominant colour.")
    recipe = models.PositiveSmallIntegerField(
        default=1,
        help_text="How thumbnails, size and colour were made; `remake_thumbnails` remakes older ones.",
    )

    #: What a row is called, before its number.
    noun: ClassVar[str] = "picture"

    class Meta:
        abstract = True

    @property
    def called(self) -> str:
        """`picture 12`, `upload 3`."""
        return f"{self.noun} {self.pk}"

    @property
    def reference(self) -> InputImage:
        """The picture as an operation names it: to be checked and priced, without its bytes."""
        return InputImage(
            format=next((form for form in _TAKEN if form == self.format), None),
            width=self.width,
            height=self.height,
            sha256=self.sha256,
            size=self.bytes,
        )

    @property
    def thumbnail_512(self) -> str:
        """Address of the larger thumbnail."""
        return self._thumbnail(_LARGER)

    @property
    def thumbnail_width(self) -> int:
        """Width of `thumbnail_512` in pixels; a small picture is not enlarged."""
        return widths(self.width, self.height)[0]

    @property
    def thumbnail_256(self) -> str:
        """Address of the smaller thumbnail."""
        return self._thumbnail(_SMALLER)

    @property
    def media_url(self) -> str:
        """Address of the picture itself; immutable, for `<img>`. The page's link is `original`."""
        return settings.MEDIA_URL + self.name

    def _thumbnail(self, size: int) -> str:
        # Browsers keep what they have by its address, for a year: a remade thumbnail must have another one.
        version = f"?{self.recipe}" if self.recipe > 1 else ""
        return settings.MEDIA_URL + thumbnail_name(self.sha256, size) + version
