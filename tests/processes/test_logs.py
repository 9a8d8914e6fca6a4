"""The log is for operators, as JSON, and never repeats what somebody sent."""

import json
import logging
import sys

import structlog

from server.logs import formatter, set_up_logs

VALUE = "zebra5150"


def record_of(error):
    try:
        raise error
    except type(error):
        return logging.LogRecord("gunicorn.error", logging.ERROR, __file__, 1, "it failed", None, sys.exc_info())


def test_an_exception_in_the_log_has_its_class_and_place_and_not_its_text():
    line = formatter("api").format(record_of(ValueError(VALUE)))
    event = json.loads(line)
    assert event["error"] == "ValueError"
    assert event["at"]
    assert VALUE not in line


def test_an_event_is_one_line_of_json_on_stderr(capsys):
    before = logging.getLogger().handlers[:]
    try:
        set_up_logs(process="api")
        structlog.get_logger().warning("thing_happened", count=1)
    finally:
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
    event = json.loads(capsys.readouterr().err)
    assert (event["event"], event["count"], event["process"], event["level"]) == ("thing_happened", 1, "api", "warning")
