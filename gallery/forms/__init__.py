"""The forms of the site."""

from gallery.forms.catalog import Catalog
from gallery.forms.generate import GenerateForm
from gallery.forms.signin import SignInForm

__all__ = ["Catalog", "GenerateForm", "SignInForm"]
