"""What members think of a picture: a favourite, a rating, tags."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.display.judgement import judgement
from gallery.http import MemberRequest, back_to, error_page
from gallery.models import Image, Mark, Tag
from gallery.models.mark import HIGHEST_RATING
from gallery.text import clean_label, label_key

# So many tags are offered for what was typed.
OFFERED = 20
RATINGS = {str(number): number for number in range(HIGHEST_RATING + 1)}


@require_POST
def favourite(request: MemberRequest, pk: int) -> HttpResponse:
    """Whether it is a favourite of who asks: as the field `favourite` says (true, false), or else the other way."""
    image = access.image_to_see(pk)
    before = judgement(image, request.user).favourite
    asked = request.POST.get("favourite", "")
    wanted = asked == "true" if asked in ("true", "false") else not before
    Mark.objects.set_favourite(request.user, [image.pk], wanted)
    words = f"Picture {image.pk} is {'a favourite of yours' if wanted else 'no favourite of yours any more'}."
    return _judged(request, image, words, "favourite", json.dumps(before))


@require_POST
def rate(request: MemberRequest, pk: int) -> HttpResponse:
    """The rating of who asks, by the field `rating`: 1 to 5, 0 takes it away."""
    image = access.image_to_see(pk)
    wanted = RATINGS.get(request.POST.get("rating", ""))
    if wanted is None:
        return error_page(request, 422, "A rating is a number from 1 to 5, or 0 for none.", "No such rating")
    before = judgement(image, request.user).rating
    Mark.objects.rate(request.user, [image.pk], wanted)
    words = f"Picture {image.pk}: {f'{wanted} of {HIGHEST_RATING}' if wanted else 'no rating of yours'}."
    return _judged(request, image, words, "rating", str(before))


def _judged(request: MemberRequest, image: Image, words: str, field: str, before: str) -> HttpResponse:
    """Back to the page; to htmx a line with the way back, and the picture's marks as they are now."""
    if not request.htmx:
        messages.success(request, words)
        return back_to(request, reverse("image", args=[image.pk]))
    image.refresh_from_db()
    judged = judgement(image, request.user)
    context: dict[str, Any] = {
        "image": image,
        "judged": judged,
        "said": words,
        "field": field,
        "before": before,
    }
    context |= {"verb": "rate" if field == "rating" else "favourite", "undone": "undo" in request.POST}
    # There is a place for them on the page of the picture or of its request, beside others that it is compared with,
    # and where the viewer shows it.
    shown = request.htmx.current_url_abs_path or ""
    compared = reverse("compare")
    pages = (reverse("image", args=[image.pk]), reverse("generation", args=[image.generation_id]), compared)
    context["is_shown"] = shown.startswith(pages)
    if shown.startswith(compared):
        context["back"] = shown
    response = render(request, "marks/_undo.html", context)
    state = {"image": str(image.pk), "favourite": judged.favourite, "rating": judged.rating}
    response["HX-Trigger"] = json.dumps({"picture:judged": state})
    return response


@require_POST
def tag(request: MemberRequest, pk: int) -> HttpResponse:
    """Put the tag on it that the field `tag` names, made when it is new; 422 for what cannot be a tag."""
    image = access.image_to_see(pk)
    try:
        named = Tag.objects.meant(request.POST.get("tag", ""), request.user)
        if not named.add([image.pk], request.user):
            raise Http404
    except ValidationError as error:
        return _refused(request, image, error.messages[0])
    return _tagged(request, image, f"Picture {image.pk} is tagged “{named.name}”.")


@require_POST
def untag(request: MemberRequest, pk: int) -> HttpResponse:
    """Take that tag off it; 422 when there is none of that name, or no more: it may have gone into another one."""
    image = access.image_to_see(pk)
    named = Tag.objects.named(request.POST.get("tag", ""))
    if named is None:
        return _refused(request, image, "There is no such tag any more. These are the ones that it has.")
    named.remove([image.pk])
    return _tagged(request, image, f"Picture {image.pk} is not tagged “{named.name}” any more.")


def _tagged(request: MemberRequest, image: Image, words: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, words)
        return back_to(request, reverse("image", args=[image.pk]))
    context = {"image": image, "judged": judgement(image, request.user), "said": words}
    return render(request, "marks/_tags.html", context)


def _refused(request: MemberRequest, image: Image, problem: str) -> HttpResponse:
    if not request.htmx:
        return error_page(request, 422, problem, "No such tag")
    context = {"image": image, "judged": judgement(image, request.user), "problem": problem}
    return render(request, "marks/_tags.html", context, status=422)


@require_safe
def tags(request: MemberRequest) -> HttpResponse:
    """What may be meant by the beginning of a tag in `tag` or `q`, to choose from while one types."""
    typed = request.GET.get("q") or request.GET.get("tag", "")
    begun = Tag.objects.filter(folded__startswith=label_key(clean_label(typed))[: Tag.MAX_NAME])
    return render(request, "marks/_options.html", {"names": [each.name for each in begun[:OFFERED]]})
