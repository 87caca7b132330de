"""A form that would pay for a picture that is there already: it is asked once more, and shown the picture."""

from django.http import HttpRequest

from gallery.forms.generate import GenerateForm
from gallery.forms.price import PRICE
from gallery.models import CatalogModel
from gallery.variations.exact_matches import MOST, Repeat, existing, identities, under_way
from venice.pricing import total

#: The name of the button that spends all the same; what is only looked at is in no other way different.
RUN_ANYWAY = "run-anyway"
#: That of the one which asks for the rest alone; its value is their price.
MAKE_MISSING = "make-missing"


def repeated(request: HttpRequest, form: GenerateForm) -> Repeat | None:
    """What a valid `form` would pay for again; None when all are new, or to be made all the same.

    Only where a person chose the seed: drawn ones are new. A script that sends no hidden fields of a page knows what
    it asks for, and is asked nothing.
    """
    is_from_page = PRICE in request.POST and "submission" in request.POST
    if not is_from_page or RUN_ANYWAY in request.POST or not str(form.data.get("seed") or "").strip():
        return None
    operations = form.operations[:MOST]
    specs = {spec.id: spec for spec in (form.spec, *form.others) if spec}
    keys = identities(operations, specs)
    there, coming = existing(operations, specs, keys), under_way(operations, specs, keys)
    indices = there.keys() | coming.keys()
    if not indices:
        return None
    missing = [each for index, each in enumerate(form.operations) if index not in indices]
    return Repeat(
        image=there[min(there)] if there else None,
        generation=None if there else coming[min(coming)],
        count=len(indices),
        missing=missing,
        price=total(CatalogModel.objects.prices(dict(enumerate(missing))).values()) if missing else None,
    )
