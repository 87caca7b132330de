"""What people send, form by form: each checks all of it and says at its field, in words, what is wrong."""

from gallery.forms.catalog import Catalog
from gallery.forms.generate import GenerateForm
from gallery.forms.signin import SignInForm

__all__ = ["Catalog", "GenerateForm", "SignInForm"]
