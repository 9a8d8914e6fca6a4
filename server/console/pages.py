"""Name every page of the console that is not about signing in."""

from server.console.browsing import trail
from server.console.carrying import files
from server.console.checkpoints import checkpoints
from server.console.door import Pages
from server.console.elsewhere import elsewhere
from server.console.entries import entries
from server.console.exporting import exports
from server.console.exposing import exposures
from server.console.members import members
from server.console.overview import overview
from server.console.persons import persons

PAGES: tuple[Pages, ...] = (
    files,
    overview,
    trail,
    entries,
    exposures,
    members,
    checkpoints,
    exports,
    persons,
    elsewhere,
)
"""The pages of auditors and administrators, and the files that all pages name; last whatever is none."""
