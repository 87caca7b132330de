"""Pictures that are not for every eye: any member marks them, and each chooses what they see of them."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery import access
from gallery.forms.account import SensitiveForm
from gallery.http import MemberRequest, back_to, error_page
from gallery.models import Image


@require_POST
def picture(request: MemberRequest, pk: int) -> HttpResponse:
    """Mark it, or take the mark away: as the field `sensitive` says (true, false), or else the other way round.

    To htmx the form as it is now, and what has happened in words.
    """
    image = access.image_to_see(pk)
    asked = request.POST.get("sensitive", "")
    wanted = asked == "true" if asked in ("true", "false") else not image.is_sensitive
    Image.objects.set_sensitive([image.pk], request.user, wanted)
    image.is_sensitive = wanted
    said = f"Picture {image.pk} is {'marked as sensitive' if wanted else 'not sensitive any more'}."
    if not request.htmx:
        messages.success(request, said)
        return back_to(request, reverse("image", args=[image.pk]))
    response = render(request, "sensitive/_toggled.html", {"image": image, "said": said})
    response["HX-Trigger"] = json.dumps({"sensitive:changed": {"image": str(image.pk), "sensitive": wanted}})
    return response


@require_POST
def setting(request: MemberRequest) -> HttpResponse:
    """Keep whether the member has them shown, blurred or hidden, and go back to the page."""
    form = SensitiveForm(request.POST, instance=request.user)
    if not form.is_valid():
        return error_page(request, 400, "Sensitive pictures are shown, blurred or hidden.")
    form.save()
    return back_to(request, reverse("gallery"))
