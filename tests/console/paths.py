"""Where the pages of a node with a past are."""

from tests.console.conftest import HOTLINE, PLATFORM
from tests.console.people import Visitor


def paths_of(auditor: Visitor) -> dict[str, str]:
    """The address of each page by its name, as a federation's auditor finds them."""
    entry = next(one for one in auditor.links("/console") if one.startswith("/console/entries/"))
    exposure = next(one for one in auditor.links(entry) if one.startswith("/console/records/"))
    return {
        "overview": "/console",
        "trail": f"/console/trail?organisation={PLATFORM}",
        "entry": entry,
        "exposure": exposure,
        "received": f"/console/organisations/{PLATFORM}/exposure",
        "organisations": "/console/organisations",
        "organisation": f"/console/organisations/{HOTLINE}",
        "checkpoints": "/console/checkpoints",
        "export": "/console/export",
        "people": "/console/people",
    }
