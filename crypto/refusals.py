"""The one way in which something of this package says no.

A refusal carries a constant token and nothing else: never a byte of what the other side sent, because refusals
end in logs, in answers and in the access trail.
"""


class NotVerified(Exception):
    """Something is not what it must be to be believed.

    `reason` is a constant snake_case token, fit for a log; it never holds anything that a caller sent.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Held(NotVerified):
    """Something cannot be judged yet: whoever does not know this class refuses it, whoever does asks again later."""
