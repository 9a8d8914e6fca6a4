"""Acts in a fixed order, each list for one rule of sharing that it comes near to; the last act is a judgement."""

from tests.drills.sharing_world import Act

# As `World` reads the numbers: partners are the hotline, the platform and the NGO, and bits choose among them.
HOTLINE, PLATFORM, NGO = 0, 1, 2
_PLATFORM, _BOTH = 0b010, 0b110
_ALL, _FROM_JOINING, _EXPIRES = 0, 1, 2
_TO_NAMED, _TO_GROUPS = 0, 1
_BOTH_GROUPS = _TO_GROUPS | 1 << 4
_FOR_INVESTIGATION = 8 | 1
_QUIET: Act = ("quiet", 0, 0, 0)

_TWO_GROUPS: list[Act] = [
    ("found", HOTLINE, _PLATFORM, _ALL),
    ("found", HOTLINE, _PLATFORM, _FROM_JOINING),
    ("share", HOTLINE, _BOTH_GROUPS, 0),
]

SCRIPTS: dict[str, list[Act]] = {
    "a pending ending": [
        *_TWO_GROUPS,
        ("members", 0, _BOTH, 0),
        ("members", 1, _BOTH, 0),
        _QUIET,
        ("members", 0, _PLATFORM, 0),
        ("restart", NGO, 0, 0),
        *[("pull", NGO, 3, 0)] * 2,
        _QUIET,
    ],
    "purposes": [
        ("share", HOTLINE, _TO_NAMED | _BOTH << 2, _FOR_INVESTIGATION),
        _QUIET,
    ],
    "joining": [
        *_TWO_GROUPS,
        _QUIET,
        ("members", 1, _BOTH, 0),
        _QUIET,
    ],
    "what a pending change hid": [
        ("found", HOTLINE, _BOTH, _FROM_JOINING),
        ("found", HOTLINE, _BOTH, _FROM_JOINING),
        ("share", HOTLINE, _BOTH_GROUPS, 0),
        ("share", HOTLINE, _TO_NAMED | _BOTH << 2, 0),
        ("place", 3, 0, 0),
        ("members", 1, _PLATFORM, 0),
        *[("pull", NGO, 3, 0)] * 2,
        _QUIET,
    ],
    "a whole day": [
        *_TWO_GROUPS,
        ("found", PLATFORM, 0b101, _EXPIRES | _FROM_JOINING),
        ("share", PLATFORM, _TO_GROUPS | 2 << 2 | 2 << 4, 0),
        ("opine", NGO, 0, 0),
        ("place", 3, 0, 0),
        ("opine", PLATFORM, 0, 0),
        ("opine", PLATFORM, 0, 1),
        ("members", 0, _BOTH, 0b100),
        ("share", NGO, _BOTH_GROUPS, 0),
        ("move", NGO, 1, 0),
        ("share", HOTLINE, _BOTH_GROUPS, 4 | 2),
        ("pull", NGO, 1, 0),
        ("withdraw", 0, 1, 0),
        ("suspend", PLATFORM, 0, 0),
        _QUIET,
        ("expire_group", 0, 0, 0),
        ("move", NGO, 2, 0),
        ("suspend", PLATFORM, 0, 0),
        ("pull", NGO, 1, 0),
        ("expire_batch", 0, 0, 0),
        ("withdraw_group", 0, 0, 0),
        _QUIET,
    ],
}
