"""Templates as records: names, tags, lists and deletion, through E2B's SDK and its generated client."""

from collections.abc import Iterator

import pytest
from e2b import E2B, BuildException, BuildInfo, SandboxException, Template, TemplateException
from e2b.api.client.api.templates import (
    get_templates,
    get_templates_template_id,
    get_v2_templates,
    patch_templates_template_id,
    patch_v_2_templates_template_id,
)
from e2b.api.client.client import AuthenticatedClient
from e2b.api.client.models import TemplateUpdateRequest, TemplateUpdateResponse, TemplateWithBuilds

from tests.cloud import Cloud, running_cloud
from tests.local.e2b.client import client_of


@pytest.fixture
def api(cloud: Cloud) -> Iterator[AuthenticatedClient]:
    """The SDK's generated client, for what its classes do not offer."""
    client = AuthenticatedClient(cloud.e2b_api_url, token=cloud.api_key, auth_header_name="X-API-KEY", prefix="")
    with client:
        yield client


def built(e2b: E2B, name: str, content: str, memory_mb: int | None = None, cpu_count: int | None = None) -> BuildInfo:
    template = Template().from_base_image().run_cmd(f"echo {content} > /content")
    return e2b.Template.build(template, name, memory_mb=memory_mb, cpu_count=cpu_count)


def content_of(e2b: E2B, reference: str) -> str:
    return e2b.Sandbox.create(reference).files.read("/content").strip()


def tags_of(e2b: E2B, name: str) -> dict[str, str]:
    return {tag.tag: tag.build_id for tag in e2b.Template.get_tags(name)}


def test_a_name_stands_for_one_template_and_its_newest_build(e2b: E2B) -> None:
    first = built(e2b, "app", "one")
    running = e2b.Sandbox.create("app")
    second = built(e2b, "App", "two")
    assert (first.template_id, first.tags) == (second.template_id, ["default"])
    assert first.build_id != second.build_id
    assert content_of(e2b, "app") == content_of(e2b, first.template_id) == "two"
    assert content_of(e2b, "local/app") == "two"
    assert running.files.read("/content") == "one\n"


def test_a_build_that_failed_leaves_the_name_where_it_was(e2b: E2B) -> None:
    good = built(e2b, "app", "good")
    with pytest.raises(BuildException):
        e2b.Template.build(Template().from_base_image().run_cmd("false"), "app")
    assert content_of(e2b, "app") == "good"
    assert tags_of(e2b, "app") == {"default": good.build_id}


def test_a_template_that_was_not_built_makes_no_sandbox(e2b: E2B) -> None:
    with pytest.raises(BuildException):
        e2b.Template.build(Template().from_base_image().run_cmd("false"), "app")
    assert e2b.Template.exists("app")
    with pytest.raises(SandboxException, match="404"):
        e2b.Sandbox.create("app")


def test_there_is_what_was_made(e2b: E2B) -> None:
    built(e2b, "app", "x")
    assert [e2b.Template.exists(name) for name in ("app", "local/app", "base", "other")] == [True, True, True, False]
    assert not e2b.Template.exists("others/app")


@pytest.mark.parametrize(
    ("name", "tags", "reason"),
    [
        ("a b", [], "invalid template ID"),
        ("app:a/b", [], "invalid tag"),
        ("app", ["a b"], "invalid tag 'a b'"),
        ("app", ["6fb8a1b8-6d0c-4c8e-9d38-0a4a3f0e3b3a"], "tag cannot be a UUID"),
        ("others/app", [], "400: .* its namespace is not your team's"),
    ],
)
def test_names_and_tags_have_rules(e2b: E2B, name: str, tags: list[str], reason: str) -> None:
    with pytest.raises(BuildException, match=reason):
        e2b.Template.build(Template().from_base_image(), name, tags=tags)


def test_sizes_are_those_of_the_build(e2b: E2B) -> None:
    built(e2b, "app:small", "x", cpu_count=1, memory_mb=512)
    built(e2b, "app:large", "x", cpu_count=4, memory_mb=4096)
    sizes = [
        (info.cpu_count, info.memory_mb)
        for info in (e2b.Sandbox.create(f"app:{tag}").get_info() for tag in ("small", "large"))
    ]
    assert sizes == [(1, 512), (4, 4096)]
    with pytest.raises(BuildException, match="memoryMB: Input should be a multiple of 2"):
        built(e2b, "app", "x", memory_mb=513)


def test_tags_point_to_builds(e2b: E2B) -> None:
    one = e2b.Template.build(Template().from_base_image().run_cmd("echo one > /content"), "app:v1", tags=["stable"])
    two = built(e2b, "app:v2", "two")
    assert tags_of(e2b, "app") == {"v1": one.build_id, "stable": one.build_id, "v2": two.build_id}
    with pytest.raises(SandboxException, match="template 'app' not found"):
        e2b.Sandbox.create("app")
    assigned = e2b.Template.assign_tags("app:v2", ["stable", "default"])
    assert (assigned.build_id, assigned.tags) == (two.build_id, ["stable", "default"])
    assert [content_of(e2b, name) for name in ("app", "app:stable", "app:v1")] == ["two", "two", "one"]
    e2b.Template.remove_tags("app", "v1")
    assert set(tags_of(e2b, "app")) == {"stable", "v2", "default"}
    with pytest.raises(SandboxException, match="template 'app:v1' not found"):
        e2b.Sandbox.create("app:v1")
    with pytest.raises(TemplateException, match="Cannot delete the 'default' tag"):
        e2b.Template.remove_tags("app", "default")
    with pytest.raises(TemplateException, match="Template 'app' with tag 'v1' not found"):
        e2b.Template.assign_tags("app:v1", "v3")
    with pytest.raises(TemplateException, match="Template 'none' not found"):
        e2b.Template.get_tags("none")


def test_a_template_in_use_stays(e2b: E2B) -> None:
    info = built(e2b, "app", "x")
    sandbox = e2b.Sandbox.create("app")
    with pytest.raises(
        SandboxException, match=f"cannot delete template '{info.template_id}' because there are"
    ) as refused:
        e2b.Sandbox.delete_snapshot("app")
    assert refused.value.status_code == 400
    sandbox.kill()
    assert e2b.Sandbox.delete_snapshot(info.template_id)
    assert not e2b.Sandbox.delete_snapshot("app")
    assert not e2b.Template.exists("app")
    assert built(e2b, "app", "x").template_id != info.template_id


def test_nothing_is_left_of_what_is_deleted(cloud: Cloud, e2b: E2B) -> None:
    built(e2b, "app", "x")
    e2b.Sandbox.delete_snapshot("app")
    assert list(cloud.folder.glob("templates/*")) + list(cloud.folder.glob("images/*")) == []


def test_templates_are_listed_and_described(e2b: E2B, api: AuthenticatedClient) -> None:
    infos = [built(e2b, name, "x", memory_mb=512) for name in ("one", "two", "three")]
    e2b.Sandbox.create("two")
    listed = get_templates.sync(client=api)
    assert isinstance(listed, list)
    assert [(each.template_id, each.names, each.aliases) for each in listed] == [
        (info.template_id, [f"local/{info.name}"], [info.name]) for info in infos
    ]
    assert [(each.spawn_count, each.memory_mb, each.build_status.value) for each in listed] == [
        (0, 512, "ready"),
        (1, 512, "ready"),
        (0, 512, "ready"),
    ]
    page = get_v2_templates.sync_detailed(client=api, limit=2)
    rest = get_v2_templates.sync_detailed(client=api, limit=2, next_token=page.headers["X-Next-Token"])
    assert isinstance(page.parsed, list)
    assert isinstance(rest.parsed, list)
    assert [each.template_id for each in page.parsed + rest.parsed] == [info.template_id for info in infos]
    assert "X-Next-Token" not in rest.headers
    again = built(e2b, "one", "y")
    one = get_templates_template_id.sync("one", client=api)
    assert isinstance(one, TemplateWithBuilds)
    assert (one.build_id, one.build_count) == (again.build_id, 2)
    assert [str(build.build_id) for build in one.builds] == [again.build_id, infos[0].build_id]


def test_a_template_is_made_public(e2b: E2B, api: AuthenticatedClient) -> None:
    info = built(e2b, "app", "x")
    answer = patch_v_2_templates_template_id.sync("app", client=api, body=TemplateUpdateRequest(public=True))
    assert isinstance(answer, TemplateUpdateResponse)
    assert answer.names == ["local/app"]
    one = get_templates_template_id.sync(info.template_id, client=api)
    assert isinstance(one, TemplateWithBuilds)
    assert one.public
    patch_templates_template_id.sync_detailed(info.template_id, client=api, body=TemplateUpdateRequest(public=False))
    one = get_templates_template_id.sync(info.template_id, client=api)
    assert isinstance(one, TemplateWithBuilds)
    assert not one.public


def test_templates_outlive_the_server() -> None:
    with running_cloud() as (process, cloud):
        e2b = client_of(cloud)
        info = built(e2b, "app:v1", "kept")
        process.kill()
        again = process.start()
        e2b = client_of(again)
        assert tags_of(e2b, "app") == {"v1": info.build_id}
        assert content_of(e2b, "app:v1") == "kept"
        assert built(e2b, "app:v1", "kept").template_id == info.template_id
