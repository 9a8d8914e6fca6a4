"""Answer for every address of the console at which there is no page: in its frame, to whoever is signed in."""

from server.access import Permission
from server.console.door import ConsoleVisit, Pages, Shown
from server.errors import NotFound

elsewhere = Pages(name="elsewhere")


@elsewhere.get("/console/", permission=Permission.READ_CONSOLE)
def slash_page(visit: ConsoleVisit) -> Shown:  # noqa: ARG001 - views get a visit
    """Refuse the overview's address with a slash too many: a page has one address.

    Raises:
        NotFound: always.
    """
    raise NotFound


@elsewhere.get("/console/<path:rest>", permission=Permission.READ_CONSOLE)
def no_page(visit: ConsoleVisit, rest: str) -> Shown:  # noqa: ARG001 - views get a visit and its path
    """Refuse an address that is no page's.

    Raises:
        NotFound: always.
    """
    raise NotFound
