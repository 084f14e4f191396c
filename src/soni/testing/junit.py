"""A report in the XML that JUnit began and that build servers read."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from soni.errors import ConfigurationError, SoniError
from soni.testing.playing import Result
from soni.testing.transcript import transcript

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


def write_junit(
    report: Path, results: Sequence[tuple[Path, Result]], unreadable: Mapping[Path, ConfigurationError]
) -> None:
    """Write the results, each with the file it comes from, and the files that could not be loaded, as errors.

    Raises SoniError where the report cannot be written.
    """
    counts = {
        "tests": str(len(results) + len(unreadable)),
        "failures": str(sum(not result.passed for _, result in results)),
        "errors": str(len(unreadable)),
        "skipped": "0",
        "time": f"{sum(result.seconds for _, result in results):.3f}",
    }
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "soni", **counts})
    for path, result in results:
        case = _case(suite, path, result.test.line, result.test.name, result.seconds)
        if (failure := result.failure) is not None:
            message = f"line {failure.line}: this {failure.step} step failed"
            element = ElementTree.SubElement(case, "failure", message=message, type=failure.step)
            element.text = _allowed(transcript(result, path))
    for path, error in unreadable.items():
        first = error.problems[0] if error.problems else None
        case = _case(suite, path, (first and first.line) or 1, "the file is loaded", 0.0)
        message = _allowed(first.words if first else error.message)
        element = ElementTree.SubElement(case, "error", message=message, type="ConfigurationError")
        element.text = _allowed(error.message)
    try:
        ElementTree.ElementTree(suites).write(report, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise SoniError(f"{report} cannot be written: {error.strerror}.") from None


def _case(suite: ElementTree.Element, path: Path, line: int, name: str, seconds: float) -> ElementTree.Element:
    place = {"classname": path.as_posix(), "file": path.as_posix(), "line": str(line)}
    return ElementTree.SubElement(suite, "testcase", {**place, "name": _allowed(name), "time": f"{seconds:.3f}"})


def _allowed(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
