"""What is sent to a sandbox and removed from it, whatever was recorded, declared and changed inside."""

from hypothesis import given
from hypothesis import strategies as st

from evolve_pulumi.lifecycle.files import CHANGED, MISSING, UNWANTED, Work, drift, stamps, work

FOLDERS = st.dictionaries(st.sampled_from(["a", "b", "c/d"]), st.sampled_from(["644 1", "644 2", "755 1"]))


def after(world: dict[str, str], due: Work, declared: dict[str, str]) -> dict[str, str]:
    """A folder once work is done in it."""
    kept = {path: stamp for path, stamp in world.items() if path not in due.remove}
    return kept | {path: declared[path] for path in due.send}


@given(FOLDERS, FOLDERS)
def test_only_what_changed_is_sent_and_what_left_is_removed(recorded: dict[str, str], declared: dict[str, str]) -> None:
    due = work(recorded, declared, {})
    assert after(recorded, due, declared) == declared
    assert set(due.send) == {path for path, stamp in declared.items() if recorded.get(path) != stamp}
    assert set(due.remove) == recorded.keys() - declared.keys()


@given(FOLDERS, FOLDERS, FOLDERS)
def test_what_was_changed_inside_is_put_right(
    recorded: dict[str, str], inside: dict[str, str], declared: dict[str, str]
) -> None:
    """Files of others stay; the folder is looked at, and then made what is declared by then."""
    drifted = drift(recorded, {}, inside)
    others = {path: stamp for path, stamp in inside.items() if path not in recorded and path not in declared}
    assert after(inside, work(recorded, declared, drifted), declared) == declared | others
    assert drifted.keys() <= recorded.keys()


@given(FOLDERS, FOLDERS, st.data())
def test_what_was_left_undone_is_done_by_the_next(
    recorded: dict[str, str], declared: dict[str, str], data: st.DataObject
) -> None:
    """Any part of the work may be done before it fails, and the sandbox may be looked at in between."""
    due = work(recorded, declared, {})
    done = data.draw(st.sets(st.sampled_from(sorted(due.left))) if due.left else st.just(set[str]()))
    half = Work({p: why for p, why in due.send.items() if p in done}, [p for p in due.remove if p in done])
    inside = after(recorded, half, declared)
    left = {path: why for path, why in due.left.items() if path not in done}
    assert drift(declared, left, inside).keys() == left.keys()
    again = work(declared, declared, data.draw(st.sampled_from([left, drift(declared, left, inside)])))
    assert after(inside, again, declared) == declared


def test_the_words_of_a_drift() -> None:
    seen = {"same": "644 1", "other": "644 2", "left over": "644 1"}
    recorded = {"same": "644 1", "other": "644 1", "gone": "644 1"}
    found = drift(recorded, {"left over": UNWANTED, "left": UNWANTED}, seen)
    assert found == {"other": CHANGED, "gone": MISSING, "left over": UNWANTED}


def test_a_text_goes_before_a_local_file_and_may_have_permissions() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    declared = {"files": {"a": "", "b": {"content": "", "mode": "600"}}, "source_files": {"a": "755 1", "c": "644 2"}}
    assert stamps(declared) == {"a": f"644 {empty}", "b": f"600 {empty}", "c": "644 2"}
