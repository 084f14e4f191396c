"""The dashboard and the alerts speak of metrics and labels that there are, and of pages that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from soni.observability.definitions import METRICS, Definition

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "soni.json"
HOW_TO = ROOT / "docs" / "how-to" / "observe.md"

OF_PROMETHEUS = {"job", "instance"}
SERIES = {
    **{each.name: each for each in METRICS if each.kind != "histogram"},
    **{
        f"{each.name}_{part}": each
        for each in METRICS
        if each.kind == "histogram"
        for part in ("bucket", "sum", "count")
    },
    "up": Definition("up", "gauge", ""),
}
NAME = re.compile(r"(?<![\w\"$])(soni_\w+|up)\b\s*(\{(?:[^{}\"]|\"[^\"]*\")*\})?")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
GROUPED = re.compile(r"\b(?:by|without|on)\s*\(([^)]*)\)")
TOLD = ("outcome", "phase", "source", "operation")
"""Labels whose values the help of their metric lists."""


def _expressions() -> Iterator[str]:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (each["expr"] for each in board["annotations"]["list"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield re.sub(r"label_values\((\w+), (\w+)\)", r"sum by (\2) (\1)", variable["definition"])
    yield from (code for code in re.findall(r"`([^`\n]+)`", HOW_TO.read_text()) if "(" in code and "soni_" in code)


@pytest.mark.parametrize("expression", sorted(set(_expressions())))
def test_metrics_and_labels_exist(expression: str) -> None:
    """Nothing is asked for that is never answered."""
    used = NAME.findall(expression)
    labels = set[str]()
    for name, matchers in used:
        assert name in SERIES, name
        own = {*SERIES[name].labels, *OF_PROMETHEUS, *(["le"] if name.endswith("_bucket") else [])}
        labels |= own
        for label, _, value in MATCHER.findall(matchers):
            assert label in own, f"{name} has no label {label}"
            if label in TOLD:
                assert [each for each in value.split("|") if f"`{each}`" not in SERIES[name].help] == []
    assert used
    for group in GROUPED.findall(expression):
        assert {label.strip() for label in group.split(",")} <= labels


def test_an_expression_with_a_mistake_is_noticed() -> None:
    """The reader of expressions sees metrics and labels where there are braces in values."""
    found = NAME.findall('sum by (job) (rate(soni_nothing_total{route="/chat/{user_id}", odd=~"5.."}[5m])) / up')

    assert found == [("soni_nothing_total", '{route="/chat/{user_id}", odd=~"5.."}'), ("up", "")]
    assert [label for label, _, _ in MATCHER.findall(found[0][1])] == ["route", "odd"]


def test_legends_name_labels_that_are_there() -> None:
    """A legend with an unknown label shows nothing."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert wanted <= {*re.findall(r"\w+", " ".join(GROUPED.findall(target["expr"]))), "instance"}, panel[
                "title"
            ]


def test_the_panels_lie_side_by_side() -> None:
    """Every panel has an id of its own, and none lies over another."""
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_alerts_say_what_to_do() -> None:
    """Each has a summary, a severity, and a section of the how-to that is there and names it."""
    told = HOW_TO.read_text()
    anchors = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in told.splitlines()
        if line.startswith("#")
    }
    for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]:
        anchor = re.search(r"docs/how-to/observe\.md#([\w-]+)", rule["annotations"]["description"])
        assert anchor is not None, rule["alert"]
        assert anchor[1] in anchors
        assert f"`{rule['alert']}`" in told
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus' own check needs promtool")
def test_prometheus_takes_its_files() -> None:
    """The configuration and its rules, as Prometheus reads them."""
    done = subprocess.run(["promtool", "check", "config", PROMETHEUS], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Checking {ALERTS}" in done.stdout


def test_what_is_provisioned_is_there() -> None:
    """Grafana finds the data source that the dashboard names, and Prometheus the rules."""
    assert yaml.safe_load(PROMETHEUS.read_text())["rule_files"] == [ALERTS.name]
    sources = yaml.safe_load((DASHBOARD.parent / "provisioning" / "datasources" / "prometheus.yml").read_text())
    assert [each["type"] for each in sources["datasources"]] == ["prometheus"]
