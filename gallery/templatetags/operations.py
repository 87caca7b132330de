"""What can be done with a picture, as links."""

from django import template

from gallery.forms.operations import Offered, offered
from gallery.models.stored import StoredPicture

register = template.Library()


@register.simple_tag
def operations_on(picture: StoredPicture) -> list[Offered]:
    """The operations, in their order, with the address of each one's form for this picture."""
    return offered(picture)
