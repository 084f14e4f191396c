"""A report in the XML that JUnit began and that build servers read."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from soni.errors import SoniError
from soni.testing.playing import Result
from soni.testing.transcript import transcript


def write_junit(report: Path, results: Sequence[tuple[Path, Result]]) -> None:
    """Write the results, each with the file it comes from. Raises SoniError where the report cannot be written."""
    suite = ElementTree.Element(
        "testsuite",
        name="soni",
        tests=str(len(results)),
        failures=str(sum(not result.passed for _, result in results)),
        errors="0",
        skipped="0",
        time=f"{sum(result.seconds for _, result in results):.3f}",
    )
    for path, result in results:
        place = {"classname": path.as_posix(), "file": path.as_posix(), "line": str(result.test.line)}
        told = {"name": result.test.name, "time": f"{result.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", {**place, **told})
        if (failure := result.failure) is not None:
            message = f"line {failure.line}: this {failure.step} step failed"
            element = ElementTree.SubElement(case, "failure", message=message, type=failure.step)
            element.text = _allowed(transcript(result, path))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    try:
        ElementTree.ElementTree(suites).write(report, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise SoniError(f"{report} cannot be written: {error.strerror}.") from None


def _allowed(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter if letter in "\t\n" or letter >= " " else "\N{REPLACEMENT CHARACTER}" for letter in text)
