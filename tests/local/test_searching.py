"""Files are found by their text and by their names, and text in them is replaced."""

import pytest
from daytona import DaytonaError, FileUpload, Sandbox


def put(sandbox: Sandbox, **contents: bytes) -> None:
    """Write files below a folder; two underscores are a slash, one is a dot."""
    paths = {name: "tree/" + name.replace("__", "/").replace("_", ".") for name in contents}
    sandbox.fs.upload_files([FileUpload(contents[name], path) for name, path in paths.items()])


def found(sandbox: Sandbox, text: str, path: str = "tree") -> list[tuple[str, int, str]]:
    return [(each.file, each.line, each.content) for each in sandbox.fs.find_files(path, text)]


def test_lines_are_found_in_all_text_files_below_a_folder(sandbox: Sandbox) -> None:
    put(sandbox, b_txt="one\nTODO: ü\r\nthree\nTODO".encode(), a__deep__x_py=b"# TODO\n", data_bin=b"TODO\0TODO")
    sandbox.process.exec("ln -s b.txt tree/link; mkfifo tree/pipe; touch tree/empty")
    expected = [("tree/a/deep/x.py", 1, "# TODO"), ("tree/b.txt", 2, "TODO: ü"), ("tree/b.txt", 4, "TODO")]
    assert found(sandbox, "TODO") == expected
    assert found(sandbox, "TODO: ü", "/home/daytona/tree/b.txt") == [("/home/daytona/tree/b.txt", 2, "TODO: ü")]
    assert found(sandbox, "T.DO") == [], "the text is taken as it is"
    assert found(sandbox, "TODO", "nowhere") == []


def test_what_cannot_be_read_hides_nothing_else(sandbox: Sandbox) -> None:
    put(sandbox, a__closed_txt=b"word", b_txt=b"word", c_txt=b"word")
    sandbox.process.exec("chmod 000 tree/a tree/b.txt")
    assert [path for path, _, _ in found(sandbox, "word")] == ["tree/c.txt"]


def test_many_long_matches_arrive_whole_and_too_many_are_refused(sandbox: Sandbox) -> None:
    sandbox.process.exec("mkdir tree; yes $(head -c 1000 /dev/zero | tr '\\0' x) | head -n 3000 > tree/f")
    assert len(found(sandbox, "x")) == 3000
    sandbox.process.exec("for i in $(seq 25); do cat tree/f; done > tree/g")
    with pytest.raises(DaytonaError, match="too much"):
        found(sandbox, "x")
    assert found(sandbox, "y") == [], "the sandbox is none the worse"


def test_names_match_with_wildcards(sandbox: Sandbox) -> None:
    put(sandbox, a_py=b"", sub__b_py=b"", sub__c_txt=b"", sub__py__d=b"")
    sandbox.fs.upload_file(b"", "tree/ü x.py")

    def names(pattern: str) -> list[str]:
        return sandbox.fs.search_files("tree", pattern).files

    assert names("*.py") == ["tree/a.py", "tree/sub/b.py", "tree/ü x.py"]
    assert names("[^a].py") == ["tree/sub/b.py"]
    assert names("py") == ["tree/sub/py"]
    assert names("?.txt") == ["tree/sub/c.txt"]
    assert names("none*") == []


def test_text_is_replaced_file_by_file(sandbox: Sandbox) -> None:
    put(sandbox, a_txt="old ü old\n".encode(), b_bin=b"\xff\0old", c_txt=b"nothing")
    sandbox.process.exec("chmod 755 tree/a.txt")
    paths = ["tree/a.txt", "tree/none", "tree/b.bin", "/usr/bin/env", "tree", "tree/c.txt"]
    results = sandbox.fs.replace_in_files(paths, "old", "neü")
    assert [(each.file, each.success) for each in results] == list(
        zip(paths, [True, False, True, False, False, True], strict=True)
    )
    assert [each.error for each in results if not each.success] == [
        "No such file or directory",
        "Permission denied",
        "Is a directory",
    ]
    assert sandbox.fs.download_file("tree/a.txt").decode() == "neü ü neü\n"
    assert sandbox.fs.download_file("tree/b.bin") == b"\xff\0ne\xc3\xbc"
    assert sandbox.fs.download_file("tree/c.txt") == b"nothing"
    assert sandbox.fs.get_file_info("tree/a.txt").permissions == "0755"


def test_replacing_takes_any_number_of_files(sandbox: Sandbox) -> None:
    paths = [f"many/{'x' * 150}-{number}" for number in range(3000)]
    sandbox.process.exec("mkdir many; cd many; touch $(seq -f '" + "x" * 150 + "-%g' 0 2999)")
    assert all(each.success for each in sandbox.fs.replace_in_files(paths, "a", "b"))
