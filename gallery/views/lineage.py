"""Where a picture comes from, and what became of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery import access
from gallery.display import lineage as family
from gallery.http import MemberRequest


@require_safe
def lineage(request: MemberRequest, pk: int) -> HttpResponse:
    """The requests around the picture's own, as a tree."""
    image = access.image_to_see(pk)
    return render(request, "lineage/lineage.html", {"image": image, "tree": family.around(image)})
