"""The reader of pages on which other tests rely."""

from tests.gallery.page import Page

HTML = """
<html><head><title>None</title><script>one < two</script></head><body>
<form id="first" class="card wide"><input name="csrfmiddlewaretoken" value="t&amp;1" hidden><label>A <b>B</b>
C</label><select name="model"><option value="x" selected>X<option value="y">Y</select></form>
<a data-image="7" href="/images/7/?a=1&amp;b=2">seven</a><img data-image="8" alt="">
</body></html>
"""


def test_an_element_has_what_stands_within_it_and_nothing_else() -> None:
    page = Page(HTML)
    form = page.one("form", class_="card")
    assert [each.name for each in form.all(name=None)] == ["input", "select"]
    assert form.one("input").words == "", "nothing stands within what is never closed"
    assert (form.one("label").words, form.one("label").text) == ("A B C", "A B\nC")
    assert not form.all("a")


def test_attributes_are_compared_as_a_browser_would() -> None:
    page = Page(HTML)
    assert page.one("a", data_image="7")["href"] == "/images/7/?a=1&b=2"
    assert page.values("data-image") == ["7", "8"]
    assert page.values("href", "/images/") == ["/images/7/?a=1&b=2"]
    assert page.csrf_token == "t&1"
    assert [len(page.all(class_=name)) for name in ("card", "wide card", "car", "card tall")] == [1, 1, 0, 0]
    assert "hidden" in page.one("input")
    assert "value" not in page.one("img")


def test_words_are_those_that_are_drawn() -> None:
    page = Page(HTML.encode())
    assert page.words.startswith("A B C")
    assert "None" not in page.words
    assert (page.one("title").words, page.one("script").words) == ("None", "one < two")
