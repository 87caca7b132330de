"""Keys and addresses as people paste them."""

import pytest

from venice import Misconfigured, clean_api_key, clean_base_url


@pytest.mark.parametrize(
    "text",
    [
        "abc-123",
        " abc-123\n",
        '"abc-123"',
        "'abc-123'",
        "Bearer abc-123",
        '"bearer  abc-123" ',
        "\tBearer 'abc-123'\r\n",
    ],
)
def test_a_key_is_freed_of_what_came_along(text: str) -> None:
    assert clean_api_key(text) == "abc-123"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        '""',
        "Bearer ",
        "abc SECRET",
        "SECRET\nabc",
        "SECRET\0",
        "SECRETкey",
        "SECRET\x7f",
        "“SECRET”",
        "SECRET" * 200,
    ],
)
def test_what_cannot_be_a_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        clean_api_key(text)
    assert "SECRET" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.venice.ai/api/v1", "https://api.venice.ai/api/v1"),
        ("https://api.venice.ai/api/v1/", "https://api.venice.ai/api/v1"),
        (" HTTPS://API.venice.ai/api/v1// ", "https://api.venice.ai/api/v1"),
        ("https://proxy.example:8443", "https://proxy.example:8443"),
        ("http://127.0.0.1:4000/api/v1", "http://127.0.0.1:4000/api/v1"),
        ("http://localhost/api", "http://localhost/api"),
        ("http://[::1]:4000/api", "http://[::1]:4000/api"),
    ],
)
def test_an_address_is_made_plain(text: str, url: str) -> None:
    assert clean_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.venice.ai",
        "file:///etc/passwd",
        "ftp://venice.ai",
        "http://api.venice.ai",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:pass@venice.ai",
        "https://user@venice.ai",
        "https://venice.ai/?a=1",
        "https://venice.ai/#a",
        "https://venice.ai/../x",
        "https://venice.ai/a/..",
        "https://venice.ai/./a",
        "https://venice.ai/%2e%2e/a",
        "https://venice.ai:0/",
        "https://venice.ai:99999",
        "https://venice.ai\\@evil",
        "https://ve nice.ai",
        "https://[::1",
        "https://[:::::]/",
        "https://",
        "http://0.0.0.0:1",
        "https://v\u0435nice.ai",
    ],
)
def test_an_address_that_leads_astray_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        clean_base_url(text)
