"""How long to wait before the node, or a hook, is asked again."""

from client.clock import Source

_SHORTEST_SECONDS = 1
_LONGEST_SECONDS = 300


class Waiting:
    """Waits as long as the node advises; after failures twice as long each time, and never shorter than it says."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._advised = _SHORTEST_SECONDS
        self._failures = 0
        self._retry_after = 0

    def went_well(self, poll_after_seconds: int) -> None:
        """Take the node's advice with a page."""
        self._advised = max(poll_after_seconds, _SHORTEST_SECONDS)
        self._failures = self._retry_after = 0

    def failed(self, retry_after_seconds: int | None = None) -> None:
        """Count a failure; `retry_after_seconds` is what an answer said (RFC 9110 §10.2.3)."""
        self._failures += 1
        self._retry_after = retry_after_seconds or 0

    @property
    def seconds(self) -> float:
        """Return how long to wait now; after failures up to a quarter longer, so that not all come at once."""
        if not self._failures:
            return self._advised
        doubled = min(_SHORTEST_SECONDS << min(self._failures - 1, 16), _LONGEST_SECONDS)
        return max(doubled, self._retry_after) * (1 + self._source.random(1)[0] / 1024)
