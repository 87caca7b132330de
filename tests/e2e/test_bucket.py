"""Pictures in a bucket as Chromium shows them: our policy allows it, and the browser finds again what it has."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.bucket import new_bucket, running_s3
from tests.e2e.conftest import signed_in, watched
from tests.e2e.site import running_site
from venice.emulator import Emulator

_SHOWN = "images => images.every(image => image.complete && image.naturalWidth > 0)"


# That the policy names the bucket, and what signed addresses hold, is tested without a browser too.
@pytest.mark.long
def test_chromium_shows_pictures_of_the_bucket_and_keeps_them(browser: Browser, tmp_path: Path) -> None:
    with running_s3() as endpoint, Emulator() as emulator:
        bucket = new_bucket(endpoint)
        place = {
            "MEDIA_STORAGE": f"s3://{bucket.name}/{bucket.prefix}",
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_REGION": bucket.region,
            "AWS_ACCESS_KEY_ID": bucket.access_key,
            "AWS_SECRET_ACCESS_KEY": bucket.secret_key,
        }
        with running_site(tmp_path, emulator, **place) as site:
            site.manage("fill_gallery", "--images", "12")
            context = browser.new_context(viewport={"width": 1440, "height": 1600})
            complaints = watched(context)
            asked: list[Request] = []
            context.on("requestfinished", lambda request: asked.append(request))
            page = signed_in(site, context)
            pictures = page.locator("main a img")
            expect(pictures).not_to_have_count(0)
            page.wait_for_load_state("networkidle")
            assert pictures.evaluate_all(_SHOWN)
            first = [request for request in asked if request.url.startswith(endpoint)]
            assert first
            assert all("X-Amz-Signature=" in request.url for request in first)

            asked.clear()
            page.goto(site.url)
            expect(pictures).not_to_have_count(0)
            page.wait_for_load_state("networkidle")
            assert pictures.evaluate_all(_SHOWN)
            again = [request for request in asked if request.url.startswith(endpoint)]
            assert {request.url for request in again} <= {request.url for request in first}
            assert not any(request.sizes()["responseBodySize"] for request in again), (
                "from the browser's cache"
            )

            pictures.first.click()
            viewer = page.locator("#viewer")
            whole = viewer.locator("img.whole")
            expect(whole).to_be_visible()
            expect(whole).to_have_js_property("complete", True)
            expect(whole).not_to_have_js_property("naturalWidth", 0)
            with page.expect_download() as download:
                viewer.get_by_role("link", name="Download").click()
            assert re.match(r"\d{4}-\d\d-\d\d-", download.value.suggested_filename)
            assert complaints == []
            context.close()
    assert not (tmp_path / "media").exists()
