"""What can go wrong with the embedded PostgreSQL, in words for the person who starts it."""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked."""


class NoBinaries(EmbeddedPostgresError):
    """No usable PostgreSQL was found on this machine."""


class FolderClosed(EmbeddedPostgresError):
    """The account that must run PostgreSQL cannot enter the folder."""


class AlreadyRunning(EmbeddedPostgresError):
    """Another process keeps the PostgreSQL of this folder running."""


class NotStarted(EmbeddedPostgresError):
    """PostgreSQL was started and did not become ready."""
