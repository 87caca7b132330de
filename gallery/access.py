"""Who may see and change what.

One installation is one team: members see everything; changing belongs to the maker and to staff.
"""

from collections.abc import Iterable
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone

from gallery.formats import MAX_ID, counted
from gallery.models import Attempt, Batch, Collection, Generation, Image, Input, Preset, Upload, User
from gallery.models.image import ImageQuerySet
from gallery.models.preset import PresetQuerySet
from gallery.models.queue import GenerationQuerySet

_WINDOW = timedelta(minutes=1)
# Digests of pictures that are everybody's to see, so that a thumbnail is asked for once in each process.
_of_all: set[str] = set()
_REMEMBERED = 50_000


class TooManySubmissions(Exception):
    """A member clicks more often within a minute than the installation allows; answered 429."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"More than {counted(settings.SUBMISSIONS_PER_MINUTE, 'request')} within a minute.")
        self.retry_after = retry_after


def _refuse_unless(is_allowed: bool) -> None:
    if not is_allowed:
        raise PermissionDenied("Only who made it, or staff, may do that.")


def is_own(user: User, row: Generation | Batch | Image | Preset) -> bool:
    """Whether they made it themselves: staff change what is others', but of that nothing is *theirs*."""
    return row.owner_id == user.pk


def may_change(user: User, generation: Generation) -> bool:
    """Whether cancelling, dismissing, running again and removing are this member's to do."""
    return user.is_staff or is_own(user, generation)


def generations_to_change(user: User, ids: Iterable[int]) -> GenerationQuerySet:
    """Those of `ids` that are `user`'s to change; what is another member's, or not there, is left out."""
    rows = Generation.objects.filter(pk__in=ids)
    return rows if user.is_staff else rows.owned_by(user)


def generation_to_see(pk: int) -> Generation:
    """The generation, for any member; Http404 when there is none."""
    generations = Generation.objects.select_related(
        "owner", "prompt", "batch", "origin__generation", "verification"
    )
    return get_object_or_404(generations, pk=min(pk, MAX_ID))


def generation_to_change(user: User, pk: int) -> Generation:
    """The generation if `user` may change it; Http404 or PermissionDenied otherwise."""
    generation = generation_to_see(pk)
    _refuse_unless(may_change(user, generation))
    return generation


def may_change_batch(user: User, batch: Batch) -> bool:
    """Whether pausing, cancelling and running again all of it are this member's to do."""
    return user.is_staff or is_own(user, batch)


def batch_to_see(pk: int) -> Batch:
    """The click, for any member; Http404 when there is none."""
    batches = Batch.objects.select_related("owner", "destination")
    return get_object_or_404(batches, pk=min(pk, MAX_ID))


def batch_to_change(user: User, pk: int) -> Batch:
    """The click if `user` may change it; Http404 or PermissionDenied otherwise."""
    batch = batch_to_see(pk)
    _refuse_unless(may_change_batch(user, batch))
    return batch


def attempt_to_change(user: User, pk: int) -> Attempt:
    """The line of the ledger, with its answer, if `user` may change its generation; Http404 or PermissionDenied."""
    attempt = get_object_or_404(Attempt.objects.select_related("generation"), pk=min(pk, MAX_ID))
    _refuse_unless(may_change(user, attempt.generation))
    return attempt


def image_to_see(pk: int) -> Image:
    """The image with its generation, prompt and owner, for any member; Http404 when there is none."""
    images = Image.objects.select_related(
        "owner",
        "prompt",
        "generation__origin__generation",
        "generation__verification",
        "attempt",
        "sensitive_set_by",
    )
    return get_object_or_404(images, pk=min(pk, MAX_ID))


def images_to_see(ids: Iterable[int]) -> dict[int, Image]:
    """Those of `ids` that are there, the trash among them, by id, for any member; a few at most, in one query."""
    images = Image.objects.select_related("owner", "prompt", "generation", "attempt")
    return images.in_bulk([min(pk, MAX_ID) for pk in ids])


def uploads_to_use(user: User, ids: Iterable[int]) -> dict[int, Upload]:
    """Those of `ids` that `user` has brought, by id: what others bring is their own, for staff too."""
    return Upload.objects.of(user).in_bulk([min(pk, MAX_ID) for pk in ids])


def upload_to_use(user: User, pk: int) -> Upload:
    """The upload if `user` has brought it; Http404 otherwise, as for one that is not there."""
    return get_object_or_404(Upload.objects.of(user), pk=min(pk, MAX_ID))


def keepers_of(digest: str) -> frozenset[int]:
    """Who alone may see the stored picture of that content: those who brought it, until something is made from it.

    Empty where it is everybody's, or nobody's.
    """
    if digest in _of_all:
        return frozenset()
    brought = frozenset(Upload.objects.filter(sha256=digest).values_list("owner", flat=True))
    if brought and any(table._default_manager.filter(sha256=digest).exists() for table in (Input, Image)):
        return frozenset()
    return brought


def note_of_all(digest: str) -> None:
    """Remember a picture that was just handed out and is nobody's alone."""
    if len(_of_all) >= _REMEMBERED:
        _of_all.clear()
    _of_all.add(digest)


def images_to_change(user: User) -> ImageQuerySet:
    """Those that are `user`'s to throw away and to bring back: their own, all for staff."""
    return Image.objects.all() if user.is_staff else Image.objects.filter(owner=user)


def may_throw_away(user: User, image: Image) -> bool:
    """Whether it is this member's to throw away and to bring back."""
    return user.is_staff or is_own(user, image)


def image_to_change(user: User, pk: int) -> Image:
    """The image if `user` may throw it away; Http404 or PermissionDenied otherwise."""
    image = image_to_see(pk)
    _refuse_unless(may_throw_away(user, image))
    return image


def may_delete(user: User, collection: Collection) -> bool:
    """Whether it is this member's to delete; anybody may rename, arrange and archive it."""
    return user.is_staff or collection.created_by_id == user.pk


def check_may_delete(user: User, collection: Collection) -> None:
    """PermissionDenied, in words for people, unless it is this member's to delete."""
    _refuse_unless(may_delete(user, collection))


def presets_to_see(user: User) -> PresetQuerySet:
    """Those that `user` may look at, fill the form from and take home: their own and what is shared, all for staff."""
    return Preset.objects.select_related("owner") if user.is_staff else Preset.objects.seen_by(user)


def may_change_preset(user: User, preset: Preset) -> bool:
    """Whether renaming, sharing and deleting it are this member's to do."""
    return user.is_staff or is_own(user, preset)


def preset_to_change(user: User, pk: int) -> Preset:
    """The preset; Http404 for another's private one, PermissionDenied for another's that is shared."""
    preset = get_object_or_404(presets_to_see(user), pk=min(pk, MAX_ID))
    _refuse_unless(may_change_preset(user, preset))
    return preset


def most_pictures(user: User) -> int:
    """How many pictures one click of this member may ask for: by their own limit, else the installation's."""
    own: int | None = user.click_limit
    return settings.MAX_PICTURES_PER_CLICK if own is None else own


def check_pace(user: User) -> None:
    """Raise TooManySubmissions when this member has used up the minute, for themselves or for others.

    A click counts once, however many requests it makes: how many pictures that may be is `most_pictures`. Within a
    transaction that then queues: until its end, other posts of this member wait here to be counted.
    """
    User.objects.select_for_update().get(pk=user.pk)
    recent = Generation.objects.requested_lately(user, _WINDOW).filter(position=0)
    oldest = recent.order_by("-id").values_list("created_at", flat=True)[
        settings.SUBMISSIONS_PER_MINUTE - 1 :
    ][:1]
    for moment in oldest:
        raise TooManySubmissions(max(1, ceil((moment + _WINDOW - timezone.now()).total_seconds())))
