"""Who asks for pages: members who are signed in."""

import pytest
from django.test import Client

from gallery.models import User


@pytest.fixture
def maker(client: Client, alice: User) -> Client:
    """The site as alice has it, who makes pictures."""
    client.force_login(alice)
    return client


@pytest.fixture
def member(client: Client, bob: User) -> Client:
    """The site as bob has it, who looks at them."""
    client.force_login(bob)
    return client
