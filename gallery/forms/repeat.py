"""A form that would pay for a picture that is there already: it is asked once more, and shown the picture."""

from django.http import HttpRequest

from gallery.forms.generate import GenerateForm
from gallery.forms.price import PRICE
from gallery.models import Image
from gallery.variations.existing import MOST, existing

#: The name of the button that spends all the same; what is only looked at is in no other way different.
RUN_ANYWAY = "run-anyway"


def made_before(request: HttpRequest, form: GenerateForm) -> Image | None:
    """The first picture that a valid `form` would pay for again; None when all are new, or to be made all the same.

    Only where a person chose the seed: drawn ones are new. A script that sends no hidden fields of a page knows what
    it asks for, and is asked nothing.
    """
    is_from_page = PRICE in request.POST and "submission" in request.POST
    if not is_from_page or RUN_ANYWAY in request.POST or not str(form.data.get("seed") or "").strip():
        return None
    specs = {spec.id: spec for spec in (form.spec, *form.others) if spec}
    found = existing(form.operations[:MOST], specs)
    return found[min(found)] if found else None
