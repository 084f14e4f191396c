"""Coverage tells which steps ran and which ways were taken, with the lines of those that were not."""

import json
from pathlib import Path

import pytest

from soni.compiler.blocks import lay_out
from soni.config.loader import load_config_text
from soni.errors import SoniError
from soni.events import FlowStarted, PatternRan, StepRan
from soni.testing import Stage, read_conversations
from soni.testing.coverage import AssistantCoverage, Count, Missed, Tallies, Tally, measure
from soni.testing.coverage_report import coverage_lines, shortfall, write_coverage
from soni.testing.ways import ways_of

from .bank import ASSISTANT, build, told

SHOP = """\
version: "1.0"
slots:
  size: {type: choice, choices: [small, large], prompt: Which size?}
  number: {type: integer, prompt: How many?}
  gift: {type: boolean, filled_by: system}
actions:
  reserve: {inputs: [size]}
  count: {effect: read}
flows:
  order:
    on_error: sorry
    steps:
      - step: ask_size
        type: collect
        slot: size
        rejections: [{when: "number > 5", message: Not so many.}]
        on_max_attempts: sorry
      - {step: ask_number, type: collect, slot: number}
      - step: many
        type: branch
        slot: number
        cases:
          1: [{step: one, type: say, message: One.}]
          default: sure
      - step: choose
        type: branch
        when:
          - condition: number > 3
            then: sure
      - step: last
        type: branch
        when:
          - {condition: number > 3, then: sure}
          - else: sure
      - {step: sure, type: confirm, message: Sure?, on_deny: end, on_change: many}
      - {step: reserve_it, type: action, call: reserve, on_error: count_it}
      - {step: count_it, type: action, call: count}
      - step: again
        type: while
        condition: number > 0
        do:
          - {step: less, type: set, slots: {number: "{{ number - 1 }}"}}
      - step: forever
        type: while
        condition: "true"
        do:
          - {step: out, type: noop, jump_to: leave}
      - {step: leave, type: say, when: gift, message: A gift!}
      - {step: constant, type: say, when: "true", message: Always.}
      - {step: other, type: call, flow: done}
      - {step: over, type: link, when: gift, flow: done}
      - {step: sorry, type: say, message: Sorry.}
  done:
    startable: false
    steps:
      - {step: bye, type: link, flow: order}
"""


def at(text: str, part: str) -> int:
    """The line that this stands in."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    ("step", "ways"),
    [
        (
            "ask_size",
            ["answered Next ask_number", "rejected Goto ask_size", "on_max_attempts Goto sorry"],
        ),
        ("ask_number", []),
        ("many", ["cases.1 Goto one", "cases.default Goto sure"]),
        ("choose", ["when[0] Goto sure", "else Next last"]),
        ("last", []),
        ("sure", ["yes Next reserve_it", "no Goto end", "on_change Goto many"]),
        ("reserve_it", ["done Next count_it", "on_error Goto count_it"]),
        ("count_it", ["done Next again", "on_error Goto sorry"]),
        ("again", ["do Goto less", "done Next forever"]),
        ("forever", []),
        ("less", []),
        ("leave", ["done Next constant", "skipped Skipped constant"]),
        ("constant", []),
        ("other", []),
        ("over", ["linked Swap ", "skipped Skipped sorry"]),
    ],
)
def test_the_ways_out_of_a_step(step: str, ways: list[str]) -> None:
    """Every way that can be told from the others afterwards; a step of one way has no choice."""
    flow = load_config_text(SHOP).flows["order"]
    placed = lay_out("order", flow).placed[step]

    assert [f"{way.key} {way.outcome} {way.to}" for way in ways_of(placed, flow.on_error)] == ways


def test_what_ran_is_measured(tmp_path: Path) -> None:
    """Steps and ways are counted; what is missing has its line, and a step that never ran is told without its ways."""
    file = tmp_path / "soni.yaml"
    file.write_text(SHOP)
    tally = Tally()
    for step, outcome, to in [
        ("ask_size", "Wait", ""),
        ("ask_size", "Next", "ask_number"),
        ("ask_number", "Wait", ""),
        ("many", "Goto", "one"),
        ("one", "Say", "choose"),
        ("sure", "Next", "reserve_it"),
        ("reserve_it", "Goto", "count_it"),
        ("leave", "Skipped", "constant"),
    ]:
        tally(StepRan("order", step, outcome, to))
    tally(PatternRan("pattern_cancel"))
    tally(StepRan("pattern_human_handoff", "hand_over", "Next", "end"))
    tally(FlowStarted("order"))

    coverage = measure(load_config_text(SHOP), file, tally)

    order, done = coverage.flows
    assert (order.file, order.line, order.steps, order.ways) == (file, at(SHOP, "order:"), Count(6, 18), Count(5, 20))
    assert (done.steps, done.ways, done.missed) == (Count(0, 1), Count(0, 0), (Missed("bye", at(SHOP, "step: bye")),))
    told = [(each.step, each.line, each.way.key if each.way else None) for each in order.missed]
    assert told[:6] == [
        ("ask_size", at(SHOP, "rejections"), "rejected"),
        ("ask_size", at(SHOP, "on_max_attempts"), "on_max_attempts"),
        ("many", at(SHOP, "default: sure"), "cases.default"),
        ("choose", at(SHOP, "step: choose"), None),
        ("last", at(SHOP, "step: last"), None),
        ("sure", at(SHOP, "on_deny"), "no"),
    ]
    assert ("reserve_it", at(SHOP, "step: reserve_it"), "done") in told
    assert ("leave", at(SHOP, "step: leave"), None) in told
    assert (coverage.steps, coverage.ways) == (Count(6, 19), Count(5, 20))
    ran = [name for name, did in coverage.patterns.items() if did]
    assert (len(coverage.patterns), ran) == (18, ["pattern_cancel", "pattern_human_handoff"])


PAY = """
- user: /start_flow pay amount=50
- user: /set_slot recipient=Ana
- user: /affirm
"""


@pytest.mark.parametrize("http", [False, True], ids=["in process", "over HTTP"])
def test_tests_are_measured_as_they_run(tmp_path: Path, http: bool) -> None:
    """Several files of one assistant count together, and every assistant for itself; also over HTTP."""
    override = "  pattern_cancel: {steps: [{step: gone, type: say, message: Gone.}]}\n"
    first = build(tmp_path / "a", told(PAY), ASSISTANT + override)
    second = first.with_name("second.conversation.yaml")
    second.write_text(told("- user: /start_flow pay amount=5 recipient=Ana\n- user: /deny"))
    other = build(tmp_path / "b", told("- user: /start_flow prove"))
    tallies = Tallies()

    for path in (first, second, other):
        file = read_conversations(path)
        with Stage(file, http=http, listeners=[tallies.of(file)]) as stage:
            for test in file.tests:
                assert stage.play(test).passed

    mine, others = tallies.coverage()
    assert [(flow.flow, flow.steps, flow.ways) for flow in mine.flows] == [
        ("pay", Count(7, 7), Count(2, 2)),
        ("prove", Count(0, 2), Count(0, 0)),
        ("quit", Count(0, 1), Count(0, 0)),
        ("pattern_cancel", Count(1, 1), Count(0, 0)),
    ]
    assert "pattern_cancel" not in mine.patterns  # it is counted as a flow, and the shipped one never runs
    assert "pattern_cancel" in others.patterns
    assert (others.assistant, others.steps) == ((tmp_path / "b" / "soni.yaml").resolve(), Count(1, 10))


def covered(folder: Path) -> AssistantCoverage:
    path = build(folder, told("- user: /start_flow pay amount=5 recipient=Ana"))
    tallies, file = Tallies(), read_conversations(path)
    with Stage(file, listeners=[tallies.of(file)]) as stage:
        stage.play(file.tests[0])
    (coverage,) = tallies.coverage()
    return coverage


def test_coverage_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each flow, what is missing beneath it as file:line, the patterns, and the whole."""
    monkeypatch.chdir(tmp_path)

    lines = list(coverage_lines([covered(tmp_path)]))

    assert lines[:11] == [
        "Coverage of soni.yaml",
        "",
        "  pay        4/7  57 % steps      0/2   0 % ways",
        "      soni.yaml:25  sure → send (yes)",
        "      soni.yaml:25  sure → cancel_flow (no)",
        "      soni.yaml:29  send",
        "      soni.yaml:30  done",
        "      soni.yaml:31  more",
        "  prove      0/2   0 % steps          no choices",
        "      soni.yaml:36  ask_pin",
        "      soni.yaml:37  hold",
    ]
    assert "  1 of 18 shipped repair patterns ran" in lines
    assert lines[-1] == "Coverage: 4 of 10 steps (40 %), 0 of 2 ways (0 %)"


def test_coverage_as_json(tmp_path: Path) -> None:
    """The same for programs."""
    report = tmp_path / "coverage.json"

    write_coverage(report, [covered(tmp_path)])

    written = json.loads(report.read_text())
    assert written["steps"] == {"had": 4, "of": 10, "percent": 40.0}
    (assistant,) = written["assistants"]
    pay = assistant["flows"]["pay"]
    assert (Path(pay["file"]).name, pay["line"]) == ("soni.yaml", 18)
    assert pay["missed_steps"] == [{"step": s, "line": n} for s, n in (("send", 29), ("done", 30), ("more", 31))]
    assert pay["missed_ways"] == [
        {"step": "sure", "line": 25, "way": "yes", "to": "send"},
        {"step": "sure", "line": 25, "way": "no", "to": "cancel_flow"},
    ]
    assert assistant["patterns"]["pattern_session_start"] is True
    with pytest.raises(SoniError, match="cannot be written"):
        write_coverage(tmp_path, [])


def test_less_than_asked_for(tmp_path: Path) -> None:
    """What falls short is said; nothing is asked for where nothing is said, and of nothing all is covered."""
    coverage = [covered(tmp_path)]

    assert shortfall(coverage, 40, 0) is None
    assert shortfall(coverage, 95, 50) == "40 % of steps is less than 95 %; 0 % of ways is less than 50 %."
    assert shortfall([], 100, 100) is None


def test_a_link_that_is_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A way to another flow has no step to go to, and an assistant elsewhere is named in full."""
    file = tmp_path / "soni.yaml"
    file.write_text(SHOP)
    tally = Tally()
    for step in ("over", "leave"):
        tally(StepRan("order", step, "Wait", ""))
    monkeypatch.chdir(Path(__file__).parent)

    lines = list(coverage_lines([measure(load_config_text(SHOP), file, tally)]))

    assert f"      {file}:{at(SHOP, 'step: over')}  over (linked)" in lines
