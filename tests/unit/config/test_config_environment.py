"""What the environment says stands for what is written, typed by what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.environment import expand, overrides
from soni.config.loader import find_problems_in_text, load_config_text
from soni.config.models import SoniConfig
from soni.config.values import FromEnvironment
from soni.errors import ConfigurationError

from .conftest import Find


@pytest.mark.parametrize(
    ("text", "expanded", "unknown"),
    [
        ("${A}", "a", ()),
        ("x${A}y${A}", "xaya", ()),
        ("${B}", "", ("B",)),
        ("${B:-b}", "b", ()),
        ("${B:-}", "", ()),
        ("${EMPTY:-b}", "b", ()),
        ("${EMPTY}", "", ()),
        ("${A:-b}", "a", ()),
        ("$${A}", "${A}", ()),
        ("$A {A} $", "$A {A} $", ()),
        ("${amount:.2f}", "${amount:.2f}", ()),
        ("${B} ${C}", " ", ("B", "C")),
    ],
)
def test_variables_are_filled_in(text: str, expanded: str, unknown: tuple[str, ...]) -> None:
    """A default stands in for what is unset or empty; a doubled dollar is a dollar."""
    assert expand(text, {"A": "a", "EMPTY": ""}) == (expanded, unknown)


@given(st.text())
def test_a_text_without_variables_stays_as_it_is(text: str) -> None:
    """Only ${ has a meaning."""
    if "${" not in text:
        expanded, unknown = expand(text, {})

        assert (expanded, unknown) == (text, ())
        assert not isinstance(expanded, FromEnvironment)


@given(st.text(), st.text())
def test_what_a_variable_holds_is_not_looked_into(before: str, held: str) -> None:
    """A value with ${ in it names no other variable."""
    expanded, unknown = expand("${A}", {"A": held, "B": before})

    assert (expanded, unknown) == (held, ())


def load(settings: str, environ: dict[str, str]) -> SoniConfig:
    return load_config_text(f'version: "1.0"\nsettings: {settings}', environ)


def test_variables_are_typed_by_their_setting() -> None:
    """In the environment everything is text; what is asked for says what it means."""
    environ = {"N": "5", "F": "0.25", "B": "true", "P": "12345", "L": "DEBUG", "T": "7"}
    written = (
        "\n  runtime:\n    max_step_executions: '${N}'\n    turn_timeout: '${T}s'\n  models:\n    nlu:\n      threshold: '${F}'"
        "\n  security:\n    enable_guardrails: '${B}'\n  persistence:\n    connection_string: '${P}'\n  logging:\n    level: '${L}'"
    )

    for quoted in (written, written.replace("'", "")):
        settings = load(quoted, environ).settings

        assert settings.runtime.max_step_executions == 5
        assert settings.runtime.turn_timeout.total_seconds() == 7
        assert settings.models.nlu.threshold == 0.25
        assert settings.security.enable_guardrails is True
        assert settings.persistence.connection_string == "12345"
        assert settings.logging.level == "DEBUG"


def test_variables_stand_anywhere() -> None:
    """In texts, examples and values too."""
    config = load_config_text(
        'version: "1.0"\nslots: {a: {examples: ["${X}"], default: "${X}"}}\n'
        'actions: {a: {http: {url: "https://${X}/", headers: {Authorization: "Bearer ${X}"}}}}',
        {"X": "y"},
    )

    http = config.actions["a"].http
    assert config.slots["a"].examples == ("y",)
    assert config.slots["a"].default == "y"
    assert http is not None
    assert (http.url, dict(http.headers)) == ("https://y/", {"Authorization": "Bearer y"})


def test_a_variable_that_nobody_set_is_told_once(find: Find) -> None:
    """And not also as the empty text it leaves."""
    problems = find('version: "1.0"\nsettings:\n  runtime: {max_step_executions: "${N}"}\n')

    assert [(problem.code, problem.key, problem.line) for problem in problems] == [
        ("unknown-variable", "settings.runtime.max_step_executions", 3)
    ]
    assert "there is no environment variable N" in problems[0].message
    assert "$${N}" in problems[0].message


@pytest.mark.parametrize("value", ["", "five", "1e999", "[5]"])
def test_a_variable_of_the_wrong_kind_is_told(find: Find, value: str) -> None:
    """What it holds is judged like what is written."""
    problems = find('version: "1.0"\nsettings: {runtime: {max_step_executions: "${N}"}}', {"N": value})

    assert [problem.key for problem in problems] == ["settings.runtime.max_step_executions"]


def test_settings_can_be_overridden() -> None:
    """A variable wins over what is written, whether it is written or not."""
    environ = {
        "SONI_PERSISTENCE__BACKEND": "memory",
        "SONI_RUNTIME__MAX_STEP_EXECUTIONS": "7",
        "SONI_RUNTIME__TURN_TIMEOUT": " 9s ",
        "SONI_SECURITY__ENABLE_GUARDRAILS": "false",
        "SONI_I18N": "{ignored: true}",
        "SONI_I18N__DEFAULT_LANGUAGE": "no",
        "SONI_I18N__SUPPORTED_LANGUAGES": "[en, no]",
        "SONI_CONVERSATION__SESSION_TIMEOUT": "null",
        "SONI_MODULES": "[actions]",
        "SONI_SERVER__JWT": "{leeway: 5s}",
        "SONI_SERVER__JWT__AUDIENCE": "12345",
        "SONI_LOGGING__LEVEL": "",
    }

    settings = load(
        "{persistence: {backend: sqlite}, runtime: {turn_timeout: 1s}, logging: {level: ERROR}}", environ
    ).settings

    assert settings.persistence.backend == "memory"
    assert settings.runtime.max_step_executions == 7
    assert settings.runtime.turn_timeout.total_seconds() == 9
    assert settings.security.enable_guardrails is False
    assert settings.i18n.default_language == "no"
    assert settings.i18n.supported_languages == ("en", "no")
    assert settings.conversation.session_timeout is None
    assert settings.modules == ("actions",)
    assert settings.server.jwt.leeway.total_seconds() == 5
    assert settings.server.jwt.audience == "12345"
    assert settings.logging.level == "ERROR"


def test_an_assistant_without_settings_can_be_overridden() -> None:
    """Nothing has to be written first."""
    config = load_config_text('version: "1.0"', {"SONI_LOGGING__LEVEL": "DEBUG"})

    assert config.settings.logging.level == "DEBUG"


@pytest.mark.parametrize(
    ("variable", "value", "key", "suggestion"),
    [
        ("SONI_PERSISTANCE__BACKEND", "memory", "settings.persistance", "persistence"),
        ("SONI_PERSISTENCE__BACKND", "memory", "settings.persistence.backnd", "backend"),
        ("SONI_PERSISTENCE__BACKEND", "memry", "settings.persistence.backend", "memory"),
        ("SONI_RUNTIME__TURN_TIMEOUT__X", "5s", "settings.runtime.turn_timeout", None),
        ("SONI_RUNTIME__MAX_STEP_EXECUTIONS", "many", "settings.runtime.max_step_executions", None),
        ("SONI_I18N__SUPPORTED_LANGUAGES", "[en", "settings.i18n.supported_languages", None),
        ("SONI_I18N__SUPPORTED_LANGUAGES", "[en, {a: 1}]", "settings.i18n.supported_languages[1]", None),
        ("SONI_MODULES", "actions", "settings.modules", None),
    ],
)
def test_a_wrong_override_names_its_variable(
    find: Find, variable: str, value: str, key: str, suggestion: str | None
) -> None:
    """There is no line to look at, so the variable is named."""
    problems = find('version: "1.0"', {variable: value})

    assert [(problem.key, problem.suggestion, problem.line) for problem in problems] == [(key, suggestion, None)]
    assert variable in problems[0].message


def test_other_variables_mean_something_else() -> None:
    """Only a double underscore makes a setting of a variable."""
    environ = {
        "SONI_CONFIG_PATH": "x",
        "SONI_OPTIMIZED_DU_PATH": "x",
        "SONI_API_KEYS": "x",
        "SONI_DATABASE_URL": "x",
        "SONI_PORT": "tcp://10.0.0.1:80",
        "SONI_LOGGING": "x",
        "PATH": "x",
        "MY__SETTING": "x",
    }

    assert list(overrides(environ)) == []
    assert find_problems_in_text('version: "1.0"', environ)[1] == ()


def test_a_section_that_is_no_mapping_can_be_overridden() -> None:
    """What was written there is told as it would be without the variable, or replaced by it."""
    with pytest.raises(ConfigurationError):
        load("[a]", {})

    assert load("[a]", {"SONI_LOGGING__LEVEL": "DEBUG"}).settings.logging.level == "DEBUG"
