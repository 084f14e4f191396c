"""Names of the earlier language, read as the present ones, and said to be so."""

from collections.abc import Iterator
from typing import Final

from soni.config.problems import Finding, Route
from soni.config.written import Entry, Written

SETTINGS: Final = {
    "llm": ("models", "nlu"),
    "rephrase_responses": ("models", "rephraser", "enabled"),
    "rephrase_tone": ("models", "rephraser", "tone"),
}
"""Settings that have moved, and where they are now."""


def modernise(tree: Written) -> list[Finding]:
    """Give what has an earlier name its present one, in the tree; say which these are."""
    return [*_slots(tree), *_settings(tree), *_flows(tree)]


def _slots(tree: Written) -> Iterator[Finding]:
    for name, slot in _named(tree, "slots"):
        yield from _renamed(slot, "validation_error_message", "invalid_message", ("slots", name))


def _settings(tree: Written) -> Iterator[Finding]:
    settings = tree.get("settings")
    for earlier, way in SETTINGS.items():
        entry = settings.entries().get(earlier) if settings else None
        if settings is None or entry is None or not _free(settings, way):
            continue
        del settings.entries()[earlier]
        entries = settings.entries()
        for key in way[:-1]:
            if key not in entries:
                group = Written({}, entry.line, entry.node.end, entry.file, entry.variable)
                entries[key] = Entry(group, entry.file, entry.line, entry.column, entry.variable)
            entries = entries[key].node.entries()
        entries[way[-1]] = entry
        yield _note(("settings", *way), f"settings.{earlier}", f"settings.{'.'.join(way)}")


def _free(settings: Written, way: tuple[str, ...]) -> bool:
    """Whether something can be put at the end of a way: only mappings on it, and nothing there yet."""
    node = settings
    for key in way[:-1]:
        inner = node.get(key)
        if inner is None:
            return True
        if not isinstance(inner.content, dict):
            return False
        node = inner
    return node.get(way[-1]) is None


def _flows(tree: Written) -> Iterator[Finding]:
    for name, flow in _named(tree, "flows"):
        steps = flow.get("steps")
        if steps is not None:
            yield from _targets(steps, ("flows", name, "steps"))
        yield from _own_slots(tree, name, flow)


def _targets(node: Written, route: Route) -> Iterator[Finding]:
    """``target`` of call and link, wherever in a flow a step may stand."""
    for number, item in enumerate(node.items()):
        yield from _targets(item, (*route, number))
    kind = node.get("type")
    if kind is not None and kind.content in ("call", "link"):
        yield from _renamed(node, "target", "flow", route)
    for key, entry in node.entries().items():
        yield from _targets(entry.node, (*route, key))


def _own_slots(tree: Written, name: str, flow: Written) -> Iterator[Finding]:
    """A flow's own ``slots: [{name, type, description}]`` become slots of the assistant."""
    own = flow.get("slots")
    if own is None or not isinstance(own.content, list) or not all(map(_slot_name, own.content)):
        return
    if (place := tree.entries().get("slots")) is None:
        entry = flow.entries()["slots"]
        place = tree.entries()["slots"] = Entry(Written({}, entry.line, own.end, entry.file), entry.file, entry.line)
    if not isinstance(place.node.content, dict):
        return
    del flow.entries()["slots"]
    for item in own.content:
        slot = _slot_name(item)
        rest = {key: entry for key, entry in item.entries().items() if key != "name"}
        moved = Written(dict(rest), item.line, item.end, item.file, size=item.size)
        before = place.node.get(slot)
        if before is None:
            place.node.content[slot] = Entry(moved, item.file, item.line)
            yield _note(("slots", slot), f"flows.{name}.slots", f"slots.{slot}")
            yield from _renamed(moved, "validation_error_message", "invalid_message", ("slots", slot))
        elif before.plain() == moved.plain():
            yield _note(("slots", slot), f"flows.{name}.slots", f"slots.{slot}")
        else:
            message = (
                f"the flow {name!r} describes the slot {slot!r} in another way; slots belong to the whole assistant"
            )
            yield Finding(("slots", slot), message, code="duplicate-key")


def _slot_name(item: Written) -> str:
    """The name of a flow's own slot; empty where it has none."""
    name = item.get("name")
    return name.content if name is not None and isinstance(name.content, str) else ""


def _named(tree: Written, section: str) -> Iterator[tuple[str, Written]]:
    node = tree.get(section)
    for name, entry in list(node.entries().items()) if node else ():
        yield str(name), entry.node


def _renamed(node: Written, earlier: str, present: str, route: Route) -> Iterator[Finding]:
    if isinstance(node.content, dict) and earlier in node.content and present not in node.content:
        node.content = {present if key == earlier else key: entry for key, entry in node.content.items()}
        yield _note((*route, present), earlier, present)


def _note(route: Route, earlier: str, present: str) -> Finding:
    message = f"{earlier!r} is an earlier name; it is {present!r} now"
    return Finding(route, message, severity="note", code="earlier-name")
