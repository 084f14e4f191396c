"""What the pages are run by: a page that is not as it says fails, in words that say what to do."""

from pathlib import Path
from textwrap import dedent

import pytest
from tests.docs.running.blocks import read_page
from tests.docs.running.comparing import differences, differences_of_json
from tests.docs.running.pages import run_page


def run(tmp_path: Path, text: str) -> None:
    """Run a page with this text."""
    page = tmp_path / "page.md"
    page.write_text(dedent(text), "utf-8")
    run_page(read_page(page), tmp_path / "shell", {})


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("```sh\nkubectl get pods\n```", "kubectl: command not found"),
        ("```sh\ncurl https://example.com\n```", "only 127.0.0.1 is asked"),
        ("```sh\nuv add soni\n```", "uv add is not for tests"),
        ("```sh\nfalse\n```", "the exit code is 1, and not 0"),
        ("```nginx\nlisten 80;\n```", "nobody knows how to run 'nginx' here"),
        ("```text\nhello\n```", "there is none"),
        ("```sh\necho hello\n```\n\n```text\ngood evening\n```", "+hello"),
        ('```sh\necho \'{"a": 1}\'\n```\n\n```json\n{"a": 2}\n```', '+ "a": 1'),
        ("```json\n{\n```", "this is no JSON"),
        ("```yaml\nservices: {}\n```", "neither an assistant nor a part of one"),
        ("```yaml\nflows: {f: {steps: [{step: a, type: sya}]}}\n```", "this does not load"),
        ("```python\n1 / 0\n```", "ZeroDivisionError"),
        ("<!-- not run: -->\n```sh\nfalse\n```", "but not why"),
        ("<!-- run by: tests/nowhere.py -->\n```sh\nfalse\n```", "there is no test tests/nowhere.py"),
        ("<!-- notrun: it is long -->\n```sh\nfalse\n```", "there is no marker"),
        ("<!-- exit code: 1 -->\n\nWords.\n\n```sh\nfalse\n```", "directly before its block"),
    ],
)
def test_a_page_that_is_not_so_fails_in_words(tmp_path: Path, block: str, words: str) -> None:
    """They name the block by its line, and say what can be done."""
    with pytest.raises(AssertionError) as failed:
        run(tmp_path, f"# Page\n\n{block}\n")

    assert words in str(failed.value)
    assert "page.md:" in str(failed.value)


def test_what_is_exported_and_written_lasts_until_the_end_of_the_page(tmp_path: Path) -> None:
    """As for a reader who types it all into one terminal."""
    run(
        tmp_path,
        """
        ```sh
        export WHO="Ana Ruiz"
        mkdir inner && cd inner
        ```

        ```yaml
        # names.yaml
        answers: {hello: [affirm]}
        ```

        <!-- before: echo more >> names.yaml -->
        ```sh
        echo "$WHO"; cat names.yaml
        ```

        ```text
        Ana Ruiz
        …
        more
        ```

        <!-- exit code: 3 -->
        ```sh
        cat names.yaml > seen && exit 3
        ```

        <!-- not run: nobody has an hour -->
        ```sh
        sleep 3600
        ```

        ```sh
        echo "$WHO" >> seen
        ```
        """,
    )

    seen = (tmp_path / "shell" / "page" / "inner" / "seen").read_text("utf-8")
    assert seen == "# names.yaml\nanswers: {hello: [affirm]}\nmore\nAna Ruiz\n"


@pytest.mark.parametrize(
    ("shown", "true"),
    [
        ("a … c", "a b c"),
        ("a\n…\nd", "a\nb\nc\nd"),
        ("…\nb", "b"),
        ("in 12 ms", "in 1.5 s"),
        ("at 2030-01-01T10:00:00.000+00:00", "at 2031-02-03T11:12:13Z"),
    ],
)
def test_what_changes_from_run_to_run_is_not_compared(shown: str, true: str) -> None:
    """And what is left out is said with three dots."""
    assert differences(shown, true) == ""


def test_other_words_are_told() -> None:
    """In text and in JSON, keys that are missing too."""
    assert "+b" in differences("a", "b")
    assert differences_of_json('{"a": "…", "b": [1]}', '{"a": 7, "b": [1]}') == ""
    assert differences_of_json('{"a": 1}', '{"a": 1, "b": 2}') != ""
    assert differences_of_json('{"a": 1}', '{"a": true}') != ""
