"""What a profile amounts to when it is run: the rate at which it is full, and how long one call takes."""

from __future__ import annotations

from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint
from loadcase.estimate.estimate import estimate
from loadcase.profiles import Profile, Published

NO_NETWORK = dict.fromkeys(("client", "same_zone", "cross_zone", "cross_region"), "0 s")
KEYS = 10**9
BARELY = 1e-6
"""Load factor at which nothing waits."""


def around(profile: Profile, figure: Published) -> Blueprint:
    """The design of a figure: the component `it` alone, called once a second by the flow `calls`, keys evenly."""
    call = {f"it.{figure.call}": figure.options}
    return build(
        {
            "loadcase": 1,
            "name": profile.name,
            "network": NO_NETWORK,
            "entities": {"key": {"count": KEYS}},
            "components": {"it": {"kind": profile.kind, "like": profile.name, **figure.fields}},
            "flows": {"calls": {"arrive": {"rate": "1 /s", "key": "key"}, "steps": [call]}},
        }
    )


def modelled(profile: Profile, figure: Published) -> float | None:
    """What the closed form says of a published figure: 1/s or s; None for a rate without limit.

    A rate is that of the clients' calls: a write that is work for three copies counts once.
    """
    blueprint = around(profile, figure)
    if figure.metric == "rate":
        return estimate(blueprint, 1.0).components[0].saturates_at
    return estimate(blueprint, BARELY).metrics[f"calls.{figure.metric}"]
