"""Runs a page: every block of it, in order, as a reader would who types it all."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from tests.docs.running.blocks import ROOT, Block, Page, read_page
from tests.docs.running.comparing import differences, differences_of_json
from tests.docs.running.shell import LIMIT, Shell
from tests.docs.running.yaml_blocks import check_yaml, write_file

from soni.errors import ConfigurationError
from soni.server.api import create_app

SHELL: Final = ("sh", "bash", "shell")
OUTPUT: Final = ("", "text", "mermaid", "dot")
ADVICE: Final = "Mend it, or say before the block why it is not run: <!-- not run: why -->"


def run_page(page: Page, folder: Path, environ: Mapping[str, str]) -> None:
    """Run it in this folder. Raises AssertionError for the first block that is not as it says."""
    shell = Shell(folder, page.markers.get("folder"), environ)
    try:
        _write_what_was_before(page, shell)
        _Reader(page, shell).read()
    finally:
        shell.close()


def _write_what_was_before(page: Page, shell: Shell) -> None:
    """The files that a reader has who comes from the page before."""
    if (before := page.markers.get("after")) is None:
        return
    earlier = read_page(page.path.parent / before)
    _write_what_was_before(earlier, shell)
    for block in earlier.blocks:
        if block.file is not None and not block.skipped:
            write_file(block, shell)


class _Reader:
    """Goes from block to block, and remembers what the last shell block said."""

    def __init__(self, page: Page, shell: Shell) -> None:
        self._page = page
        self._shell = shell
        self._said: str | None = None

    def read(self) -> None:
        for number, block in enumerate(self._page.blocks):
            if "run by" in block.markers:
                _check_named(block)
            if "not run" in block.markers:
                assert len(block.markers["not run"]) > 3, (
                    f"{block.place}: the marker says that this is not run, but not why."
                )
            if block.skipped:
                self._said = None
                continue
            if "before" in block.markers:
                code, said = self._shell.run(block.markers["before"])
                assert code == 0, f"{block.place}: what is run before the block fails:\n{said}"
            following = self._page.blocks[number + 1] if number + 1 < len(self._page.blocks) else None
            self._take(block, following)

    def _take(self, block: Block, following: Block | None) -> None:
        match block.language:
            case language if language in SHELL:
                self._run(block, following)
                return  # what it said is compared with what stands behind it
            case language if language in OUTPUT and block.file is None:
                self._compare(block)
            case "json":
                self._read_json(block)
            case "yaml" | "yml":
                self._read_yaml(block)
            case "python" | "py":
                self._run_python(block)
            case _ if block.file is not None:
                self._shell.write(block.file, block.text)
            case language:
                raise AssertionError(f"{block.place}: nobody knows how to run {language!r} here. {ADVICE}.")
        self._said = None

    def _run(self, block: Block, following: Block | None) -> None:
        typed = ""
        if re.search(r"\bsoni chat\b", block.text) and following is not None and following.language in OUTPUT:
            typed = "".join(f"{line}\n" for line in re.findall(r"(?m)^you (.*)$", following.text))
        code, self._said = self._shell.run(block.text, typed)
        wanted = int(block.markers.get("exit code", "0"))
        assert code == wanted, (
            f"{block.place}: the exit code is {code}, and not {wanted}. {ADVICE}, or <!-- exit code: {code} --> where it is "
            f"meant.\n{block.text}\n{self._said[-3000:]}"
        )

    def _compare(self, block: Block) -> None:
        assert self._said is not None, (
            f"{block.place}: a block of text is what the shell block before it writes, and there is none. {ADVICE}."
        )
        told = differences(block.text, self._said)
        assert not told, f"{block.place}: this is not what the commands before it write. {ADVICE}.\n{told}"

    def _read_json(self, block: Block) -> None:
        try:
            data = json.loads(block.text)
        except ValueError as error:
            raise AssertionError(f"{block.place}: this is no JSON ({error}). {ADVICE}.") from None
        if block.file is not None:
            self._shell.write(block.file, block.text)
        elif "schema" in block.markers:
            _check_schema(block, data)
        elif self._said is not None:
            told = differences_of_json(block.text, self._said)
            assert not told, f"{block.place}: this is not what the commands before it write. {ADVICE}.\n{told}"

    def _read_yaml(self, block: Block) -> None:
        try:
            check_yaml(block, self._shell)
        except ConfigurationError as error:
            raise AssertionError(f"{block.place}: {error.message}\n{ADVICE}.") from error
        except AssertionError as error:
            raise AssertionError(f"{error}\n{ADVICE}.") from None

    def _run_python(self, block: Block) -> None:
        """A file is written; tests are run by pytest; anything else is run as a script."""
        if block.file is not None:
            compile(block.text, block.place, "exec")
            self._shell.write(block.file, block.text)
            return
        tests = re.search(r"(?m)^(async )?def test_", block.text) is not None
        name = "test_shown.py" if tests else "shown.py"
        self._shell.write(name, block.text)
        command = [
            sys.executable,
            "-W",
            "error",
            *(("-m", "pytest", "-q", "-p", "no:cacheprovider") if tests else ()),
            name,
        ]
        more = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"] if tests else []
        done = subprocess.run(
            command + more, cwd=self._shell.cwd, capture_output=True, text=True, timeout=LIMIT, env={**os.environ, "PYTHONPATH": "."}
        )  # fmt: skip
        (self._shell.cwd / name).unlink()
        assert done.returncode == 0, f"{block.place}: this does not run. {ADVICE}.\n{done.stdout}{done.stderr}"


def _check_named(block: Block) -> None:
    """The test that is said to run the block is there, and speaks of its page."""
    test = ROOT / block.markers["run by"]
    assert test.is_file(), f"{block.place}: there is no test {block.markers['run by']}."
    assert block.page.name in test.read_text("utf-8"), (
        f"{block.place}: {block.markers['run by']} does not read this page."
    )


def _check_schema(block: Block, data: Any) -> None:
    """The JSON fits a schema of the service's own description."""
    spec = create_app().openapi()
    name = block.markers["schema"]
    assert name in spec["components"]["schemas"], f"{block.place}: OpenAPI has no schema {name}."
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": spec["components"]})
    told = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]
    assert not told, f"{block.place}: this does not fit the schema {name}:\n" + "\n".join(told)
