"""`$HAVRE_HOME`: settings, keys, statements and the state file of one organisation, for its owner's eyes alone.

The folder is 0700, its files 0600; what others may read is refused, never quietly mended. Keys are PKCS#8 PEM files
`<use>-<first 12 of thumbprint>.pem`; the root's may have a passphrase, and may live elsewhere.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from client.anchors import Anchors
from client.failures import NotConfigured
from crypto import refusals
from crypto.keys import KeyUse, PrivateKey, encode_private_key, is_organisation, load_private_key

CONFIG_NAME = "havre.toml"
STATE_NAME = "state.sqlite"
APPLICATION_NAME = "application.txt"
_IN_FORCE_NAME = "in-force.jws"
USES: tuple[KeyUse, ...] = ("root", "record", "exchange")
_OF_A_NODE = ("statement.jws", "node-*.pem", "log-*.pem")

_OTHERS = 0o077
_NAMED = 12
_MEMBERS = ("organisation", "federation", "node", "origin_url", "node_root")
_PROXY = "proxy"
_PROXY_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Who this partner is, and the node whose root it was given out of band (`node_root`, a thumbprint).

    `proxy` is the URL of a proxy to ask the node through; None: none, whatever the environment says.
    """

    organisation: str
    federation: str
    node: str
    origin_url: str
    node_root: str
    proxy: str | None = None

    @property
    def anchors(self) -> Anchors:
        """Return what trust begins with."""
        return Anchors(federation=self.federation, node=self.node, node_root=self.node_root)


@dataclass(frozen=True, kw_only=True)
class KeyFile:
    """A private key in the home, and what it is for."""

    use: KeyUse
    key: PrivateKey
    path: Path


@dataclass(frozen=True, kw_only=True)
class RootFile:
    """The file of a root key: what its thumbprint begins with, and whether it is under a passphrase."""

    path: Path
    begins: str
    is_encrypted: bool


class Home:
    """The folder of one organisation."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def state_path(self) -> Path:
        """Return where the state file is, or will be."""
        return self.path / STATE_NAME

    def create(self) -> None:
        """Make the folder, for its owner alone, where it is not yet."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.check()

    def check(self) -> None:
        """Check that the folder is there and closed to others.

        Raises:
            NotConfigured: `no_home`, `home_mode`; `node_home`: it is the folder of a node, not of a partner.
        """
        if not self.path.is_dir():
            raise NotConfigured("no_home")
        if self.path.stat().st_mode & _OTHERS:
            raise NotConfigured("home_mode")
        if any(next(self.path.glob(name), None) is not None for name in _OF_A_NODE):
            raise NotConfigured("node_home", about=str(self.path))

    def has_config(self) -> bool:
        """Return whether settings were written here."""
        return (self.path / CONFIG_NAME).exists()

    def config(self) -> Config:
        """Return the settings.

        Raises:
            NotConfigured: `no_config`, `config_form`.
        """
        try:
            read = tomllib.loads(self.read_text(CONFIG_NAME))
        except FileNotFoundError as error:
            raise NotConfigured("no_config") from error
        except tomllib.TOMLDecodeError as error:
            raise NotConfigured("config_form") from error
        if set(read) - {_PROXY} != set(_MEMBERS) or not all(isinstance(value, str) for value in read.values()):
            raise NotConfigured("config_form")
        if not is_organisation(read["organisation"]) or not is_organisation(read["node"]):
            raise NotConfigured("config_form")
        if not read.get(_PROXY, _PROXY_SCHEMES[0]).startswith(_PROXY_SCHEMES):
            raise NotConfigured("config_form")
        return Config(**read)

    def write_config(self, config: Config) -> None:
        """Write the settings.

        Raises:
            NotConfigured: `config_form`: a member holds what no name, address or thumbprint holds.
        """
        values = {name: str(getattr(config, name)) for name in _MEMBERS}
        if config.proxy is not None:
            values[_PROXY] = config.proxy
        if any(not value.isprintable() or '"' in value or "\\" in value for value in values.values()):
            raise NotConfigured("config_form")
        self.write(CONFIG_NAME, "".join(f'{name} = "{value}"\n' for name, value in values.items()).encode())

    def key_files(self, *, root_passphrase: bytes | None = None) -> list[KeyFile]:
        """Return the keys in the home, by name; a root under a passphrase only where it is given.

        Raises:
            NotConfigured: `key_mode`, `key_file`.
        """
        found = []
        for path in sorted(self.path.glob("*.pem")):
            use = next((use for use in USES if path.name.startswith(f"{use}-")), None)
            if use is None:
                continue
            passphrase = root_passphrase if use == "root" and _is_encrypted(path) else None
            if use == "root" and passphrase is None and _is_encrypted(path):
                continue
            found.append(KeyFile(use=use, key=self._load(path, passphrase), path=path))
        return found

    def root_files(self) -> list[RootFile]:
        """Return the files of root keys that are here, under a passphrase or not, unopened."""
        return [
            RootFile(path=path, begins=path.stem.removeprefix("root-"), is_encrypted=_is_encrypted(path))
            for path in sorted(self.path.glob("root-*.pem"))
        ]

    def root_key(self, thumbprint: str, *, passphrase: bytes | None = None) -> PrivateKey:
        """Return the one root key whose thumbprint begins with `thumbprint`.

        Raises:
            NotConfigured: `no_root_key`: none; `two_roots`: more than one; `passphrase_needed`, `key_mode`, `key_file`.
        """
        meant = [
            one
            for one in self.root_files()
            if one.begins.startswith(thumbprint) or thumbprint.startswith(one.begins or "-")
        ]
        if not meant:
            raise NotConfigured("no_root_key", about=thumbprint or None)
        if len(meant) > 1:
            raise NotConfigured("two_roots", about=", ".join(one.begins for one in meant))
        (one,) = meant
        if one.is_encrypted and passphrase is None:
            raise NotConfigured("passphrase_needed", about=one.path.name)
        key = self._load(one.path, passphrase if one.is_encrypted else None)
        if not key.thumbprint.startswith(thumbprint):
            raise NotConfigured("no_root_key", about=thumbprint)
        return key

    def add_key(self, use: KeyUse, key: PrivateKey, *, passphrase: bytes | None = None) -> Path:
        """Write a new key and return its file."""
        name = f"{use}-{key.thumbprint[:_NAMED]}.pem"
        self.write(name, encode_private_key(key, passphrase=passphrase), is_new=True)
        return self.path / name

    def write(self, name: str, data: bytes, *, is_new: bool = False) -> None:
        """Write a file that only its owner may read, whole or not at all."""
        target = self.path / name
        if is_new and target.exists():
            raise NotConfigured("file_exists")
        unfinished = self.path / f".{name}.{os.getpid()}"
        handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)

    def newest_statement(self) -> str | None:
        """Return the newest of one's own statements that are here, sent or not."""
        found = [
            (int(path.stem.partition("-")[2]), path.name)
            for path in self.path.glob("statement-*.jws")
            if path.stem.partition("-")[2].isdecimal()
        ]
        return self.read_text(max(found)[1]).strip() if found else None

    def mark_in_force(self, token: str) -> None:
        """Remember that the node knows this statement of one's own, so that its keys sign from now on."""
        self.write(_IN_FORCE_NAME, token.encode("ascii"))

    def statement_in_force(self) -> str | None:
        """Return the newest of one's own statements that the node has taken, as far as this home knows."""
        try:
            return self.read_text(_IN_FORCE_NAME).strip()
        except FileNotFoundError:
            return None

    def application(self) -> str | None:
        """Return the number of the application that was sent from here."""
        try:
            return self.read_text(APPLICATION_NAME).strip()
        except FileNotFoundError:
            return None

    def read_text(self, name: str) -> str:
        """Return the text of a file of the home."""
        return (self.path / name).read_text(encoding="utf-8")

    def _load(self, path: Path, passphrase: bytes | None) -> PrivateKey:
        if path.stat().st_mode & _OTHERS:
            raise NotConfigured("key_mode")
        try:
            key = load_private_key(path.read_bytes(), passphrase=passphrase)
        except refusals.NotVerified as error:
            raise NotConfigured("key_file") from error
        if not path.stem.endswith(f"-{key.thumbprint[:_NAMED]}"):
            raise NotConfigured("key_file")
        return key


def _is_encrypted(path: Path) -> bool:
    return b"ENCRYPTED" in path.read_bytes()
