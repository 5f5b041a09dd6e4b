"""A layout as data: what it does with parts that come and go."""

from crm.kit.layout.arrangement import Arrangement

DEFAULTS = {
    "figures": ["figures.health", "figures.value"],
    "profile": ["profile.facts", "profile.tags", "profile.contacts"],
    "rail": ["rail.why"],
    "tabs": ["tabs.timeline", "tabs.orders"],
}


def test_a_part_of_a_new_app_stands_where_it_would_stand_without_a_layout() -> None:
    """Behind the part before it, wherever that went; first where it would be the first; never lost."""
    kept = {"profile": ["profile.contacts", "profile.facts"], "tabs": ["tabs.orders", "tabs.timeline"], "figures": []}
    made = Arrangement.of(kept).settled(DEFAULTS)
    assert made.order["profile"] == ("profile.contacts", "profile.facts", "profile.tags")
    assert made.order["figures"] == ("figures.health", "figures.value")
    later = {**DEFAULTS, "tabs": ["tabs.first", *DEFAULTS["tabs"], "tabs.tasks"]}
    assert Arrangement.of(made.kept()).settled(later).order["tabs"] == (
        "tabs.first", "tabs.orders", "tabs.tasks", "tabs.timeline",
    )  # fmt: skip


def test_a_part_moves_among_those_that_are_there_and_an_absent_app_keeps_its_place() -> None:
    """The part of an app that is away is stepped over, and stands where it stood when the app comes back."""
    made = Arrangement.of({"rail": ["rail.why", "rail.gone", "rail.alerts"]})
    moved = made.moved("rail.alerts", up=True, among={"rail.why", "rail.alerts"})
    assert moved.order["rail"] == ("rail.alerts", "rail.why", "rail.gone")
    assert moved.moved("rail.alerts", up=True, among={"rail.why", "rail.alerts"}) == moved
    assert "rail.gone" in Arrangement.of(moved.kept()).order["rail"]


def test_a_part_of_a_column_becomes_a_tab_and_goes_back() -> None:
    """And a figure or nonsense in what was kept never lands among the tabs."""
    made = Arrangement.of({}).settled(DEFAULTS)
    tab = made.as_tab("profile.contacts", own=True)
    assert tab.order["tabs"][-1] == "profile.contacts"
    assert "profile.contacts" not in tab.order["profile"]
    assert tab.as_tab("profile.contacts", own=False).where("profile.contacts") == "profile"
    nonsense = {"tabs": ["figures.health", 7, None, "tabs.orders", "tabs.orders"], "hidden": "all", "profile": {"a": 1}}
    assert Arrangement.of(nonsense).order["tabs"] == ("tabs.orders",)
    assert Arrangement.of("rubbish").hidden == frozenset()
