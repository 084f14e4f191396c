"""``soni graph``: drawings on standard output and in files, and what is said where nothing can be drawn."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from soni.cli import app, main
from soni.config.models import PATTERNS

ROOT = Path(__file__).resolve().parents[3]

SHOP = """
version: "1.0"
slots:
  item: {prompt: What would you like?}
actions: {order: {inputs: [item]}}
flows:
  buy:
    trigger: {intents: [buy something]}
    steps:
      - {step: pick, type: call, flow: choose}
      - {step: sure, type: confirm, message: "Order {item}?"}
      - {step: order, type: action, call: order}
  choose:
    startable: false
    steps:
      - {step: ask, type: collect, slot: item}
  pattern_chitchat:
    steps:
      - {step: smile, type: say, message: "Ha!"}
"""


@pytest.fixture
def shop(folder: Path) -> Path:
    """A folder with an assistant."""
    (folder / "soni.yaml").write_text(SHOP)
    return folder


def run(*args: str) -> str:
    """What a command that succeeds says."""
    result = CliRunner().invoke(app, ["graph", *args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def fail(*args: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command that fails says, after the exit code 1."""
    monkeypatch.setattr(sys, "argv", ["soni", "graph", *args])
    with pytest.raises(SystemExit) as stopped:
        main()
    told = capsys.readouterr()
    assert (stopped.value.code, told.out) == (1, "")
    return told.err


def flows_in(mermaid: str) -> list[str]:
    return re.findall(r'^  subgraph \w+\["(.*)"\]$', mermaid, re.MULTILINE)


def test_the_whole_assistant_is_drawn_without_patterns(shop: Path) -> None:
    """Flows in the order in which they are written, calls as arrows between them."""
    drawing = run()

    assert flows_in(drawing) == ["buy", "choose"]
    assert '  buy__pick -.->|"calls"| choose__start\n' in drawing
    assert drawing == run()


def test_patterns_are_drawn_where_asked_for(shop: Path) -> None:
    """Those of the author, or all."""
    assert flows_in(run("--patterns", "own")) == ["buy", "choose", "pattern_chitchat"]
    assert sorted(flows_in(run("--patterns", "all"))) == sorted(["buy", "choose", *PATTERNS])
    assert "Ha!" in run("--patterns", "all")


def test_single_flows_are_drawn(shop: Path) -> None:
    """Those that are named, each once; what they call stands outside; patterns can be named too."""
    assert flows_in(run("buy")) == ["buy"]
    assert 'choose__start[["choose"]]:::is_flow' in run("buy")
    assert flows_in(run("choose", "buy", "choose")) == ["buy", "choose"]
    assert flows_in(run("pattern_cancel")) == ["pattern_cancel"]


def test_an_unknown_flow_is_told_with_the_nearest_name(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where any is near."""
    assert fail("chose", monkeypatch=monkeypatch, capsys=capsys) == (
        "There is no flow 'chose'; did you mean 'choose'?\n"
    )
    assert fail("qqq", monkeypatch=monkeypatch, capsys=capsys) == "There is no flow 'qqq'.\n"


def test_an_assistant_without_flows_has_no_drawing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said in words."""
    (folder / "soni.yaml").write_text('version: "1.0"\n')

    assert fail(monkeypatch=monkeypatch, capsys=capsys) == "There is no flow to draw.\n"


def test_the_output_file_says_its_format(shop: Path) -> None:
    """Unless an option does; nothing is printed."""
    assert run("-o", "a.dot") == run("-o", "a.gv") == run("-o", "a.mmd") == ""
    assert run("-o", "b.dot", "--format", "mermaid") == ""

    assert Path("a.dot").read_text() == Path("a.gv").read_text() == run("--format", "dot")
    assert Path("a.mmd").read_text() == Path("b.dot").read_text() == run()


def test_a_file_that_cannot_be_written_is_told(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason."""
    told = fail("-o", "nowhere/a.mmd", monkeypatch=monkeypatch, capsys=capsys)

    assert told == "nowhere/a.mmd cannot be written: No such file or directory\n"


def test_svg_is_drawn_by_graphviz_where_it_is_installed(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And told about where it is not."""
    if shutil.which("dot") is None:
        assert "Install Graphviz" in fail("--format", "svg", monkeypatch=monkeypatch, capsys=capsys)
        return
    picture = ElementTree.fromstring(run("--format", "svg"))
    words = {(text.text or "").replace("\xa0", " ") for text in picture.iter("{http://www.w3.org/2000/svg}text")}

    assert {"buy", "choose", "What would you like?", "Order {item}?", "order", "(writes)"} <= words


def test_without_graphviz_it_is_said_what_to_install_and_what_works(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, not even an empty file."""
    monkeypatch.setenv("PATH", "")
    told = fail("-o", "a.svg", monkeypatch=monkeypatch, capsys=capsys)

    assert "Install Graphviz (apt install graphviz" in told
    assert "--format mermaid" in told
    assert not Path("a.svg").exists()
    assert flows_in(run()) == ["buy", "choose"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\nwhile :; do :; done\n", "'dot' did not end within 0 s; name single flows instead.\n"),
        ("#!/bin/sh\necho no fonts >&2; exit 3\n", "'dot' failed: no fonts\n"),
        ("#!/nowhere/sh\n", "dot cannot be run: No such file or directory\n"),
    ],
    ids=["slow", "failing", "broken"],
)
def test_a_dot_that_does_not_work_is_told(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: str, said: str
) -> None:
    """With a limit on its time."""
    (shop / "bin").mkdir()
    (shop / "bin" / "dot").write_text(script)
    (shop / "bin" / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(shop / "bin"))
    monkeypatch.setattr(sys.modules["soni.cli.graph"], "DOT_TIMEOUT", 0.2)

    assert fail("--format", "svg", monkeypatch=monkeypatch, capsys=capsys).endswith(said)


def test_a_drawing_too_large_for_mermaid_is_drawn_and_told(folder: Path) -> None:
    """Pages would show an error instead of it."""
    steps = "\n".join(f"      - {{step: s{number}, type: say, message: m}}" for number in range(501))
    (folder / "soni.yaml").write_text(f'version: "1.0"\nflows:\n  f:\n    steps:\n{steps}\n')
    result = CliRunner().invoke(app, ["graph"])

    assert result.exit_code == 0
    assert result.stderr.startswith("This drawing has 502 arrows and ")
    assert "--format svg" in result.stderr
    assert flows_in(result.stdout) == ["f"]


def test_drawing_flows_is_quick(shop: Path) -> None:
    """Nothing of the engine is imported."""
    heavy = "[m for m in ('langgraph', 'fastapi', 'numpy', 'rapidfuzz') if m in sys.modules]"
    code = f"import sys, soni.cli\ntry: soni.cli.app(['graph'])\nfinally: print({heavy}, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=shop)

    assert done.stderr == "[]\n"


def test_the_drawing_in_the_documentation_is_the_commands() -> None:
    """The page shows what the command on it prints."""
    page = (ROOT / "docs" / "how-to" / "draw-flows.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```mermaid\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert "soni graph check_booking pick_booking\n" in page
    assert shown == [run("check_booking", "pick_booking", "--config", str(ROOT / "soni.yaml"))]
