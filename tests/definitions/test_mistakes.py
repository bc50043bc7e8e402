"""What is wrong with a definition is said by line and column, with what was probably meant."""

from pathlib import Path

import pytest

from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.tree import FileError

CONTEXT = Context(
    Path("/nonexistent"),
    {"TOKEN": "hunter2", "HOME": "/root", "DEPLOY_KEY": "d", "DAYTONA_API_KEY": "k", "PULUMI_CONFIG_PASSPHRASE": "p"},
    {"secrets": ["TOKEN", "UNSET"]},
)
MISTAKES: dict[str, tuple[str, list[str]]] = {
    "an empty file": (
        "",
        ["1:1: is empty; it begins with a key, as in `services:`"],
    ),
    "a text instead of keys": (
        "just a text\n",
        ["1:1: is not a mapping of keys to values; it begins with a key, as in `services:`"],
    ),
    "a list instead of keys": (
        "- services\n",
        ["1:1: is not a mapping of keys to values; it begins with a key, as in `services:`"],
    ),
    "a tab for indentation": (
        "services:\n\tweb: {}\n",
        ["2:1: is not YAML: found character '\\t' that cannot start any token; indent with spaces, not tabs"],
    ),
    "a bracket that is never closed": (
        "services: {web: {command: x\n",
        ["2:1: is not YAML: expected ',' or '}', but got '<stream end>'"],
    ),
    "a colon in a text without quotes": (
        "services:\n  web:\n    command: echo a: b\n    port: 3000\n",
        ["3:20: is not YAML: mapping values are not allowed here; a text with `: ` in it has to be in quotes"],
    ),
    "two documents": (
        "name: shop\n---\nname: other\n",
        ["2:1: is not YAML of one document; take away `---` between them"],
    ),
    "a key that is there twice": (
        "name: shop\nname: other\n",
        ["2:1: name: is there twice; the first one would be lost"],
    ),
    "a tag": (
        "name: !!python/name:os.system shop\n",
        ["1:7: name: has the tag tag:yaml.org,2002:python/name:os.system; tags are not supported"],
    ),
    "a merged mapping": (
        "env: &shared {A: a}\nlabels:\n  <<: *shared\n",
        ["3:3: labels.<<: merges another mapping, which is not supported; write it out"],
    ),
    "an unknown key": (
        "service:\n  web: {command: x, port: 3000}\n",
        ["1:1: service: is not known here; did you mean services?"],
    ),
    "a key that nobody meant": (
        "frobnicate: true\n",
        ["1:1: frobnicate: is not known here"],
    ),
    "a misspelt key of a service": (
        "services:\n  web: {comand: x, port: 3000}\n",
        [
            "2:3: services.web.command: is required",
            "2:9: services.web.comand: is not known here; did you mean command?",
        ],
    ),
    "a missing port": (
        "services:\n  web:\n    command: x\n",
        ["2:3: services.web.port: is required, unless health is a command"],
    ),
    "a port that is no number": (
        "services:\n  web: {command: x, port: http}\n",
        ["2:21: services.web.port: is to be a number, and is 'http'"],
    ),
    "a port that is too large": (
        "services:\n  web: {command: x, port: 70000}\n",
        ["2:21: services.web.port: is 70000, and has to be less than or equal to 65535"],
    ),
    "a service that is a command only": (
        "services:\n  web: python3 -m http.server\n",
        ["2:3: services.web: is to be a mapping of keys to values, and is 'python3 -m http.server'"],
    ),
    "a service with nothing in it": (
        "services:\n  web:\n",
        ["2:3: services.web: is to be a mapping of keys to values, and is empty"],
    ),
    "a name with capitals": (
        "name: Shop\n",
        ["1:1: name: 'Shop' is not a name: small letters, digits and -, a letter first"],
    ),
    "a service's name with an underscore": (
        "services:\n  web_server: {command: x, port: 3000}\n",
        ["2:3: services.web_server: 'web_server' is not a name: small letters, digits and -, a letter first"],
    ),
    "a number in the environment": (
        "env:\n  PORT: 3000\n",
        ['2:3: env.PORT: is to be a text; write it in quotes: "3000"'],
    ),
    "a yes in the environment": (
        "env: {DEBUG: yes}\n",
        ['1:7: env.DEBUG: is to be a text; write it in quotes: "true"'],
    ),
    "a variable without a value": (
        "env:\n  TOKEN:\n",
        ["2:3: env.TOKEN: is empty; give it a value, or take it away"],
    ),
    "a variable with a dash": (
        "env: {MY-TOKEN: x}\n",
        ["1:7: env.MY-TOKEN: 'MY-TOKEN' is not the name of an environment variable: letters, digits and _"],
    ),
    "another vendor": (
        "backend: e2\n",
        ["1:1: backend: is to be daytona or e2b; did you mean e2b?"],
    ),
    "a lifetime in words": (
        "lifetime: 3 days\n",
        ["1:1: lifetime: '3 days' is not a time: a number and m, h or d, as in 90m, 12h or 3d"],
    ),
    "a label that is reserved": (
        "labels: {evolve-stack: mine}\n",
        ["1:10: labels.evolve-stack: labels that begin with evolve- are written by evolve_pulumi itself"],
    ),
    "an image and a snapshot": (
        "snapshot: base\nimage: python:3.12-slim\n",
        ["2:1: image: goes only without snapshot"],
    ),
    "a Dockerfile without FROM": (
        "dockerfile: |\n  RUN true\n",
        ["1:1: dockerfile: is not the text of a Dockerfile: it has no FROM"],
    ),
    "a size at E2B without an image": (
        "backend: e2b\nsnapshot: base\nsize: {cpu: 2, disk_gb: 10}\n",
        [
            "3:1: size: goes at e2b only with image or dockerfile: a snapshot there has its own size",
            "3:16: size.disk_gb: is not there at e2b",
        ],
    ),
    "a relative path for a volume": (
        "volumes:\n  data: {mount_path: data}\n",
        ["2:10: volumes.data.mount_path: 'data' is not an absolute path: it begins with /"],
    ),
    "two volumes in one place": (
        "volumes:\n  a: {mount_path: /data}\n  b: {mount_path: /data}\n",
        ["3:7: volumes.b.mount_path: is where a appears too"],
    ),
    "a volume with two seeds": (
        "volumes:\n  data:\n    mount_path: /data\n    seed_folder: /srv/data\n    seed_command: fill\n",
        ["4:5: volumes.data.seed_folder: goes only without seed_command"],
    ),
    "a seed for a volume of others": (
        "volumes:\n  data: {mount_path: /data, shared: ours, seed_command: fill}\n",
        ["2:43: volumes.data.seed_command: goes only without shared: that one is left alone"],
    ),
    "a seed from a relative path": (
        "volumes:\n  data: {mount_path: /data, seed_folder: fixtures}\n",
        ["2:29: volumes.data.seed_folder: 'fixtures' is not an absolute path: it begins with /"],
    ),
    "a seed that is empty": (
        "volumes:\n  data:\n    mount_path: /data\n    seed_command:\n",
        ["4:5: volumes.data.seed_command: is empty; give it a value, or take it away"],
    ),
    "a command that is called like a seed": (
        "volumes:\n  data: {mount_path: /data, seed_command: fill}\nsetup:\n  data-seed: {command: more}\n",
        ["4:3: setup.data-seed: is what the seed of the volume data is called"],
    ),
    "two services at one port": (
        "services:\n  web: {command: x, port: 3000}\n  api: {command: y, port: 3000}\n",
        ["3:21: services.api.port: is the port of web too"],
    ),
    "a dependency that is not there": (
        "services:\n  web: {command: x, port: 3000, depends_on: [dab]}\n  db: {command: y, port: 5432}\n",
        ["2:46: services.web.depends_on.0: there is no service dab; did you mean db?"],
    ),
    "a dependency that is no list": (
        "services:\n  web: {command: x, port: 3000, depends_on: db}\n",
        ["2:33: services.web.depends_on: is to be a list, and is 'db'; each item begins with `- `"],
    ),
    "services that wait for each other": (
        "services:\n  web: {command: x, port: 1, depends_on: [db]}\n  db: {command: y, port: 2, depends_on: [web]}\n",
        ["2:30: services.web.depends_on: leads back to itself", "3:29: services.db.depends_on: leads back to itself"],
    ),
    "public and private services": (
        "services:\n  web: {command: x, port: 3000, public: true}\n  db: {command: y, port: 5432}\n",
        ["3:3: services.db.public: differs from web's: a vendor makes a whole sandbox public, or none of it"],
    ),
    "a misspelt option of a vendor": (
        "daytona: {auto_stop: 30}\n",
        ["1:11: daytona.auto_stop: is not known here; did you mean auto_stop_minutes?"],
    ),
    "a misspelt key of health": (
        "services:\n  web: {command: x, port: 3000, health: {url: /}}\n",
        ["2:42: services.web.health.url: is not known here"],
    ),
    "a health path without a slash": (
        "services:\n  web:\n    command: x\n    port: 3000\n    health: {path: health}\n",
        ["5:14: services.web.health.path: 'health' is not the path of a URL: it begins with /, and has no spaces"],
    ),
    "several mistakes, in their order": (
        "lifetime: soon\nservices:\n  web: {port: 0}\nenv: {A: 1}\n",
        [
            "1:1: lifetime: 'soon' is not a time: a number and m, h or d, as in 90m, 12h or 3d",
            "3:3: services.web.command: is required",
            "3:9: services.web.port: is 0, and has to be greater than or equal to 1",
            '4:7: env.A: is to be a text; write it in quotes: "1"',
        ],
    ),
    "an unknown expression": (
        "services:\n  web:\n    command: |\n      echo one\n      echo ${{ git.commit }}\n    port: 3000\n",
        [
            "5:12: services.web.command: ${{ git.commit }} is not known; there are "
            "pr.number, git.sha, git.branch, env.NAME, secrets.NAME"
        ],
    ),
    "an expression that computes": (
        'env: {A: "${{ 1 + 1 }}"}\n',
        ["1:11: env.A: ${{ 1 + 1 }} is not known; there are pr.number, git.sha, git.branch, env.NAME, secrets.NAME"],
    ),
    "an expression that is not closed": (
        'env: {A: "${{ pr.number"}\n',
        ["1:7: env.A: has `${{` without its `}}`"],
    ),
    "a pull request's number without one": (
        'labels: {pr: "${{ pr.number }}"}\n',
        ["1:15: labels.pr: pr.number has no value: it is known with --pr"],
    ),
    "a variable that the policy does not name": (
        'env: {A: "${{ env.HOME }}"}\n',
        ["1:11: env.A: env.HOME is not among the names that the policy allows; see --policy"],
    ),
    "a secret that the policy does not name": (
        'env: {A: "${{ secrets.DEPLOY_KEY }}"}\n',
        ["1:11: env.A: secrets.DEPLOY_KEY is not among the names that the policy allows; see --policy"],
    ),
    "a secret that is not set": (
        'env: {A: "${{ secrets.UNSET }}"}\n',
        ["1:11: env.A: secrets.UNSET is not set in the environment"],
    ),
    "a secret where it would be seen": (
        'services:\n  web: {command: "curl -H ${{ secrets.TOKEN }}", port: 3000}\n',
        ["2:27: services.web.command: secrets.TOKEN can be used in `env` only: elsewhere it would be seen"],
    ),
    "a vendor's key": (
        'env: {A: "${{ secrets.DAYTONA_API_KEY }}"}\n',
        ["1:11: env.A: secrets.DAYTONA_API_KEY is never given to a definition"],
    ),
    "the passphrase of the state": (
        'env: {A: "${{ env.PULUMI_CONFIG_PASSPHRASE }}"}\n',
        ["1:11: env.A: env.PULUMI_CONFIG_PASSPHRASE is never given to a definition"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str) -> None:
    text, expected = MISTAKES[name]
    with pytest.raises(FileError) as raised:
        reading.loads(text, CONTEXT, "evolve.yaml")
    assert str(raised.value).splitlines() == [f"evolve.yaml:{line}" for line in expected]


def test_a_file_that_grows_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(FileError, match="has too much in it"):
        reading.loads("\n".join(lines), CONTEXT)


def test_no_secret_is_in_an_error() -> None:
    text = 'env: {A: "${{ secrets.TOKEN }}", B: 1}\n'
    with pytest.raises(FileError) as raised:
        reading.loads(text, CONTEXT)
    assert "hunter2" not in str(raised.value)
