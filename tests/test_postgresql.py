"""The database server of the tests leaves nothing behind."""

import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from tests.gallery.pipeline.conftest import ROOT, until

OWNER = """
from tests.postgresql import running_postgresql
with running_postgresql() as url:
    print(url, flush=True)
    input()
"""


@pytest.mark.long
@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "ended"])
def test_the_server_ends_with_its_owner(is_killed: bool) -> None:
    command = [sys.executable, "-W", "ignore", "-c", OWNER]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdin
        assert owner.stdout
        url = owner.stdout.readline().strip()
        if not url:
            pytest.skip("`make install` installs PostgreSQL for tests")
        folder = Path(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["host"][0])
        server = int((folder / "postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{server}").exists()
        if is_killed:
            owner.kill()
        else:
            owner.stdin.write("\n")
            owner.stdin.flush()
        owner.wait(60)

    until(lambda: not folder.exists(), f"{folder} is left")
    until(lambda: not Path(f"/proc/{server}").exists(), "the server still runs")
