"""The example with a seeded database, as the repository of a team: a pull request from its opening to its end."""

import shutil
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import SIDES
from tests.preview import get, post
from tests.sources.repository import Repository

EXAMPLE = Path(__file__).parents[2] / "examples" / "seeded_database"


@pytest.mark.parametrize("backend", SIDES)
def test_a_pull_request(tmp_path: Path, cloud: Cloud, backend: str) -> None:
    repository, environments = Repository(tmp_path), Environments(tmp_path, cloud)
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    first = repository.commit()
    where = ("--pr", "7", "--local", "--backend", backend, "--json")
    url = environments.run("up", *where).ok().end["urls"]["web"]
    page = get(url).text
    assert f"<p>Pull request 7 at {first[:12]}</p>" in page
    assert "<li>Solaris, Stanisław Lem</li>" in page
    assert post(f"{url}/books", {"title": "<Ubik>", "author": "Dick"}).headers["Location"] == "/"

    server = tmp_path / "server.py"
    server.write_text(server.read_text().replace("<h1>Bookshop</h1>", "<h1>Books & more</h1>"))
    repository.git("commit", "--quiet", "--all", "--message=Sell more")
    assert environments.run("up", *where).ok().end["urls"] == {"web": url}
    page = get(url).text
    assert "<h1>Books & more</h1>" in page
    assert f"at {repository.git('rev-parse', 'HEAD')[:12]}" in page
    assert page.count("<li>") == 4
    assert "<li>&lt;Ubik&gt;, Dick</li>" in page

    environments.run("destroy", "--pr", "7").ok()
    left = cloud.status()
    assert (left["sandboxes"], left["volumes"], environments.stacks()) == (0, 0, [])
