"""The create form, filled from what a picture's file says of how it was made; nothing of the file is kept."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from gallery.formats import whole_size
from gallery.forms import Catalog, GenerateForm
from gallery.forms.form_values import MODEL, models_named
from gallery.forms.prefill import values_of_file
from gallery.http import MemberRequest, site_status
from gallery.media import parameters
from gallery.models import Draft
from gallery.views import create, drafts
from venice.dimensions import sniff_input
from venice.sources import MAX_FILE

_NONE = "Choose the file of a picture, then read it."
_TOO_LARGE = f"That file is larger than {whole_size(MAX_FILE)}. Nothing of it was read."
_HEIC = "HEIC cannot be read here: save or send it as JPEG, and choose that file."
_SAYS_NOTHING = (
    "That file does not say how it was made. PNG, JPEG and WebP of this gallery, AUTOMATIC1111, ComfyUI and"
    " InvokeAI do, unless somebody took the words out on their way: messengers do."
)


@require_http_methods(["GET", "HEAD", "POST"])
def from_file(request: MemberRequest) -> HttpResponse:
    """The form with what the file says, and what of it Venice does not use; 422 where there is nothing to read.

    A page to choose the file on, without JavaScript; what the create form sends with its button to that page is kept.
    """
    if request.method != "POST" or "choose-file" in request.POST:
        if request.method == "POST":
            drafts.save_sent(request)
        sent = request.POST if request.method == "POST" else request.GET
        return render(request, "create/from_file.html", {"chosen": models_named(sent)})
    file = request.FILES.get("file")
    if file is None or not file.size:
        return _refused(request, _NONE)
    if file.size > MAX_FILE:
        return _refused(request, _TOO_LARGE)
    return _read(request, file.read())


def _read(request: MemberRequest, data: bytes) -> HttpResponse:
    metadata = parameters.read(data)
    if metadata is None:
        return _refused(request, _HEIC if sniff_input(data) == "heif" else _SAYS_NOTHING)
    catalog = Catalog.load(site_status(request))
    values, unknown = values_of_file(metadata.fields, catalog, _chosen(request, catalog))
    form = GenerateForm.redrawn(catalog, values)
    unused = [*unknown, *form.not_taken(values), *metadata.unused]
    return create.filled(request, values, filled_from="a file", read=metadata, unused=unused)


def _chosen(request: MemberRequest, catalog: Catalog) -> dict[str, Any]:
    """The models of the form that the file is read into, as a draft holds them; of the draft, where none are sent."""
    current = Draft.objects.current_of(request.user)
    named = models_named(request.POST) or models_named(current.values if current else {})
    offered = [each for each in named if catalog.find(each)]
    return {MODEL: offered if len(offered) > 1 else offered[0]} if offered else {}


def _refused(request: MemberRequest, words: str) -> HttpResponse:
    """The page with the reason; to htmx the reason alone, so that nothing that was typed is lost."""
    if request.htmx:
        fragment = render(request, "create/_from_file_said.html", {"file_problem": words}, status=422)
        return retarget(reswap(fragment, "outerHTML"), "#from-file-said")
    chosen = _chosen(request, Catalog.load(site_status(request)))
    return create.filled(request, chosen, status=422, file_problem=words)
