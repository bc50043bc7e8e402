"""What is said on a pull request stays what it is, whatever is in a log."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evolve_pulumi.cli.pull_requests.report import Report, fenced, without

GITHUB_MOST = 65_536
NASTY = st.lists(
    st.sampled_from(
        ["```", "````", "~~~", "\n", "\r", "</details>", "-->", "@everyone", "[x](y)", "    ", "> ", "\x1b[31m"]
    )
    | st.text(max_size=20),
    max_size=30,
).map("".join)


@given(NASTY)
@example("```\n@everyone\n```")
@example("`" * 100)
@example("\udcff")
def test_a_text_cannot_leave_its_fence(text: str) -> None:
    (token,) = MarkdownIt().parse(fenced(text))
    assert (token.type, token.info) == ("fence", "text")
    assert not {"\x1b", "\r", "\x00"} & set(token.content)


def test_a_text_in_a_fence_is_as_it_was() -> None:
    text = "error: Größe\u00a0\u3000\n\tat `x`\n\n日本語"
    (token,) = MarkdownIt().parse(fenced(text))
    assert token.content == f"{text}\n"


@given(NASTY, st.lists(NASTY, max_size=5))
def test_a_report_has_our_own_markdown_and_no_other(reason: str, changes: list[str]) -> None:
    report = Report(
        "shop", "It **failed**.", f"error: {reason}", "| a | b |", ["+ one", *changes], "https://x.example/1"
    )
    tokens = MarkdownIt().parse(report.markdown)
    kinds = [token.type for token in tokens if token.type in ("html_block", "fence", "heading_open")]
    assert kinds == ["html_block", "heading_open", "fence", "html_block", "fence", "html_block"]
    assert report.markdown.startswith("<!-- evolve-pulumi: shop -->\n")
    assert "@everyone" not in "".join(token.content for token in tokens if token.type == "inline")


def test_what_is_long_keeps_its_beginning_and_its_end() -> None:
    long = "begin" + "x" * 200_000 + "end"
    report = Report("shop", "It failed.", long, long, [long])
    assert len(report.markdown) < GITHUB_MOST
    (token,) = MarkdownIt().parse(fenced(long))
    assert token.content.startswith("begin")
    assert token.content.endswith("end\n")
    assert "characters are left out" in token.content
    many = "`" * 100_000
    assert len(Report("shop", "It failed.", many, many, [many]).markdown) < GITHUB_MOST


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("hunter2", "is hunter2, hunter2!", "is ***, ***!"),
        ("-----BEGIN-----\nabcdef\n-----END-----\n", "line: abcdef", "line: ***"),
        ("a\nlonger one", "a longer one", "a ***"),
        ("", "nothing", "nothing"),
    ],
)
def test_secrets_are_not_repeated(secret: str, text: str, shown: str) -> None:
    assert without([secret], text) == shown
