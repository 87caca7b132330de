"""The prompt history: each distinct prompt once, newest use first, with what it made and cost."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from gallery import search
from gallery.access import MAX_ID
from gallery.http import MemberRequest
from gallery.listing import prompt_rows, tiles
from gallery.models import Image, Prompt
from gallery.models.vocabulary import read_query


@require_safe
def prompts(request: MemberRequest) -> HttpResponse:
    """A page of prompts by cursor and search; to htmx, only its rows and the new pager."""
    query = read_query(request.GET.get("q", ""), request.user)
    context = {"page": prompt_rows.page(request, query), "query": query}
    return render(request, f"prompts/{'_more' if request.htmx else 'prompts'}.html", context)


@require_safe
def prompt(request: MemberRequest, pk: int) -> HttpResponse:
    """One prompt in full, with all its pictures by cursor."""
    found = get_object_or_404(Prompt, pk=min(pk, MAX_ID))
    nothing = search.Query("")
    page = tiles.page(request, Image.objects.filter(prompt=found), nothing, stacked=False)
    context = {"page": page, "query": nothing}
    if request.htmx:
        return render(request, "gallery/_more.html", context)
    context["line"] = prompt_rows.line(found)
    return render(request, "prompts/prompt.html", context)
