"""Serve HTTP: gunicorn with our worker, on loopback or a Unix socket, trusting no forwarded header."""

import contextlib
import ipaddress
import os
import re
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from server import wsgi
from server.http_deadlines import Deadlines
from server.http_worker import NodeWorker
from server.logs import formatter
from server.settings import Settings
from server.watching.listening import FOLDER, keep_folder

_ADDRESS = re.compile(r"(?:\[([0-9a-f:]+)\]|([0-9.]+)):([0-9]{1,5})")
_PORTS = 65_536


class BindRefused(Exception):
    """This address is not one that plain HTTP may be served on."""


def check_bind(bind: str) -> str:
    """Return `bind` if plain HTTP may be served there: `127.0.0.1:PORT`, `[::1]:PORT` or `unix:/PATH`.

    Raises:
        BindRefused: with a sentence for the operator.
    """
    if bind.startswith("unix:/"):
        return bind
    form = _ADDRESS.fullmatch(bind)
    with contextlib.suppress(ValueError):
        if form is not None and int(form[3]) < _PORTS and ipaddress.ip_address(form[1] or form[2]).is_loopback:
            return bind
    raise BindRefused(
        f"havre-node serves plain HTTP on loopback or a Unix socket only (127.0.0.1:PORT, [::1]:PORT, unix:/PATH), and "
        f"was asked for {bind}. Put a proxy that speaks TLS 1.3 in front of it."
    )


class EventLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own messages, written as our events."""

    def setup(self, cfg: Any) -> None:
        """Send what gunicorn says to stderr as JSON."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter("api"))


class NodeServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, told everything: neither its environment variables nor its files are read."""

    def __init__(self, settings: Settings, *, bind: str, workers: int, threads: int, deadlines: Deadlines) -> None:
        self.settings = settings
        self.origin_url = settings.origin_url
        self.deadlines = deadlines
        self._options: dict[str, Any] = {
            "bind": [check_bind(bind)],
            "workers": workers,
            "threads": threads,
            "worker_class": NodeWorker,
            "logger_class": EventLogger,
            "loglevel": "info",
            "proc_name": "havre-node api",
            # Nobody in front of us is asked who the caller is or what path was meant.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "proxy_protocol": "off",
            "header_map": "refuse",
            "http_protocols": "h1",
            "http2_cleartext": "off",
            # One parser everywhere, whatever else is installed.
            "http_parser": "python",
            "limit_request_line": 4094,
            "limit_request_fields": 64,
            "limit_request_field_size": 8190,
            "keepalive": 15,
            "timeout": 60,
            "graceful_timeout": 30,
            "worker_connections": 512,
            "umask": 0o117,
            "preload_app": False,
            "reload": False,
            "control_socket_disable": True,
            "accesslog": None,
            "errorlog": "-",
            "pre_fork": _before_fork,
            "child_exit": _after_end,
        }
        # gunicorn lets this variable rewrite every path.
        os.environ.pop("SCRIPT_NAME", None)
        super().__init__()

    def load_config(self) -> None:
        """Set every option that matters."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application, in the worker's own process."""
        return wsgi.build(self.settings, threads=int(self._options["threads"]))


def _before_fork(_server: object, _worker: object) -> None:
    keep_folder()


def _after_end(_server: object, worker: Any) -> None:
    """Forget what a process that has ended held at the time; what it counted stays."""
    if FOLDER in os.environ:
        mark_process_dead(worker.pid, os.environ[FOLDER])  # type: ignore[no-untyped-call]  # prometheus-client types it not


def serve(settings: Settings, *, bind: str, workers: int, threads: int, deadlines: Deadlines) -> None:
    """Serve until SIGTERM, which lets running requests finish.

    Raises:
        BindRefused: the address is not allowed.
        wsgi.NotFit: the node is not fit to serve; checked here first, where the operator sees it.
    """
    server = NodeServer(settings, bind=bind, workers=workers, threads=threads, deadlines=deadlines)
    wsgi.load_node(settings)
    wsgi.load_trail(settings)
    server.run()
