"""Presets: the whole form under a name, one's own or for the team; brought in and taken home as JSON."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.formats import counted, read_id
from gallery.forms.draft import without_seed_along
from gallery.forms.preset_file import Entry, NoPresets, read, written
from gallery.http import MemberRequest, SeeOther
from gallery.models import Preset
from gallery.text import label_key

#: Of one member.
MOST = 200
FULL = f"There are {MOST} presets of yours; delete one first."
# Of what a file brought, so much is said at once.
_NOTES = 10


@dataclass(frozen=True, slots=True)
class Shelf:
    """Presets below a heading; `none` is said where there are none."""

    heading: str
    presets: list[Preset]
    none: str


@require_safe
def presets(request: MemberRequest) -> HttpResponse:
    """One's own, then what others share; to staff, what others keep for themselves too."""
    return _page(request)


def _page(
    request: MemberRequest, *, status: int = 200, problem: str = "", of: int | None = None, typed: str = ""
) -> HttpResponse:
    """The page, with a `problem` of the preset `of`, or of the file."""
    rows = access.presets_to_see(request.user)
    own = [preset for preset in rows if access.is_own(request.user, preset)]
    others = [preset for preset in rows if preset not in own]
    context = {
        "shelves": [Shelf("Yours", own, "None yet."), Shelf("Of others", others, "Nobody shares one yet.")],
        "problem": problem,
        "problem_of": of,
        "typed": typed,
    }
    return render(request, "presets/presets.html", context, status=status)


@require_POST
def rename(request: MemberRequest, pk: int) -> HttpResponse:
    """By its owner or staff; 422, with what was typed, for what is no name or is taken."""
    preset = access.preset_to_change(request.user, pk)
    typed = request.POST.get("name", "")
    try:
        preset.keep(typed)
    except ValidationError as error:
        return _page(request, status=422, problem=" ".join(error.messages), of=pk, typed=typed[:200])
    return SeeOther(reverse("presets"))


@require_POST
def share(request: MemberRequest, pk: int) -> HttpResponse:
    """Let the team have it, or nobody else: as the field `shared` says."""
    preset = access.preset_to_change(request.user, pk)
    preset.is_shared = request.POST.get("shared") == "1"
    preset.save(update_fields=["is_shared"])
    words = "Every member has it now." if preset.is_shared else f"Nobody but {preset.owner} has it now."
    messages.success(request, f"“{preset.name}”: {words}")
    return SeeOther(reverse("presets"))


@require_POST
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    preset = access.preset_to_change(request.user, pk)
    preset.delete()
    messages.success(request, f"“{preset.name}” is deleted.")
    return SeeOther(reverse("presets"))


@require_safe
def export(request: MemberRequest) -> HttpResponse:
    """One's own as a file, or the one that `preset` names, if one sees it."""
    pk = read_id(request.GET.get("preset", ""))
    own = Preset.objects.filter(owner=request.user)
    rows = own if pk is None else access.presets_to_see(request.user).filter(pk=pk)
    return HttpResponse(
        written(rows, request.user),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="presets.json"'},
    )


@require_POST
def bring_in(request: MemberRequest) -> HttpResponse:
    """From a file, or from text that was pasted; what is there already in the same words is left as it is."""
    sent = request.FILES.get("file")
    data = sent.read() if sent else request.POST.get("text", "").encode(errors="replace")
    if not data.strip():
        return _page(request, status=422, problem="Choose a file of presets, or paste what is in it.")
    try:
        entries, notes = read(data, request.user)
    except NoPresets as error:
        return _page(request, status=422, problem=str(error))
    added = 0
    for entry in entries:
        if Preset.objects.filter(owner=request.user).count() >= MOST:
            notes.insert(0, FULL)
            break
        added += _add(request, entry, notes)
    messages.success(request, f"{counted(added, 'preset')} brought in.")
    for note in notes[:_NOTES]:
        messages.warning(request, note)
    if len(notes) > _NOTES:
        messages.warning(request, f"And {len(notes) - _NOTES} more notes of this kind.")
    return SeeOther(reverse("presets"))


def _add(request: MemberRequest, entry: Entry, notes: list[str]) -> bool:
    """Whether it is new. Another one of that name keeps it, and this gets a number."""
    there = Preset.objects.named(request.user, entry.name)
    if there and there.values in (entry.values, entry.as_written):
        notes.append(f"“{there.name}” is there already.")
        return False
    preset = Preset(owner=request.user, is_shared=entry.is_shared, values=entry.values)
    taken = set(Preset.objects.filter(owner=request.user).values_list("folded", flat=True))
    for number in range(1, MOST + 2):
        name = entry.name if number == 1 else f"{entry.name[: Preset.MAX_NAME - 5]} {number}"
        if label_key(name) in taken:
            continue
        try:
            preset.keep(name)
        except ValidationError:
            continue
        if number > 1:
            notes.append(f"There is a “{entry.name}” already: this one is “{name}”.")
        return True
    return False


def keep_form(request: MemberRequest, values: dict[str, object]) -> str:
    """What became of the wish to keep the form under the name it tells: words for a message. ValidationError if not."""
    name = request.POST.get("preset-name", "")
    named = Preset.objects.named(request.user, name)
    if named is None and Preset.objects.filter(owner=request.user).count() >= MOST:
        raise ValidationError(FULL)
    preset = named if named and "replace-preset" in request.POST else Preset(owner=request.user)
    kept, seed = without_seed_along(values)
    preset.values = {field: value for field, value in kept.items() if field != "image"}
    if "preset-shared" in request.POST:
        preset.is_shared = True
    preset.keep(name)
    without = f" The seed {seed} is not in it: it came along with what filled the form." if seed else ""
    return f"Kept as the preset “{preset.name}”.{without}"
