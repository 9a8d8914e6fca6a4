"""Failures in plain words: what is wrong, and what to do."""

from client.failures import (
    Failure,
    NodeRootDiffers,
    NotAuthenticated,
    NotConfigured,
    NotVerified,
    Refused,
    RootChanged,
    Unreachable,
)

_NOTED_SECONDS = 30

_CONFIGURED = {
    "no_home": "There is no folder for this organisation yet. Run: havre init",
    "no_config": "There are no settings yet. Run: havre init",
    "config_form": "havre.toml is not in its form: five lines, each a name and a text, and perhaps a sixth: proxy.",
    "home_mode": "Others may read the folder of this organisation. Run: chmod 700 on it; who could read the keys?",
    "key_mode": "Others may read a key file. Run: chmod 600 on it, and consider that key known to others.",
    "key_file": "A key file holds no key of ours, another key than its name says, or has another passphrase.",
    "state_mode": "Others may read the state file. Run: chmod 600 on it.",
    "state_damaged": "The state file is damaged. Move it away, restore it from a backup, or pull everything anew.",
    "state_busy": "The state file cannot be used now.",
    "file_unusable": "A file or folder cannot be used.",
    "stdout_closed": "Whoever read the output has gone away.",
    "init_done": "This folder has settings already. Correct havre.toml, or use another: havre --home FOLDER init",
    "unknown_organisation": "No organisation of that name is known here or in the node's directory.",
    "not_utf8": "The file is no UTF-8 text.",
    "not_csv": "The file is no CSV that can be read.",
    "column_twice": "The file names a column twice.",
    "not_ndjson": "The file is no page or batch: its lines are no JSON objects.",
    "state_version": "The state file was written by another release of havre.",
    "file_exists": "That file is there already; nothing was overwritten.",
    "no_exchange_key": "There is no exchange key here. Run: havre keys new exchange",
    "no_record_key": "There is no record key here. Run: havre keys new record",
    "no_root_key": "The root key is not here, or needs --passphrase-file. Bring the file root-….pem for this command.",
    "two_roots": "More than one root key is here, and nothing says which one is meant. Keep one of them elsewhere.",
    "which_root": "--new-root does not name exactly one other root that is here.",
    "passphrase_needed": "That root key is under a passphrase. Say --passphrase-file.",
    "passphrase_mode": "Others may read the passphrase file. Run: chmod 600 on it.",
    "node_home": "This folder is the home of a node, not of a partner. Use another: havre --home FOLDER",
    "record_key_not_in_force": "No record key that is here counts by the newest statement: it is revoked, ended or "
    "not listed. Nothing was signed. Run: havre keys new record, havre statement renew, havre statement submit",
    "no_statement": "There is no statement yet. Run: havre statement new",
    "statement_exists": "There is a statement already. Run: havre statement renew",
    "no_application": "No application was sent from here. Run: havre apply",
    "unknown_key": "No key of the statement begins with that thumbprint.",
    "passphrase_file": "The passphrase file cannot be read, or is empty.",
}

_VERIFIED = {
    "another_node": "The address answers as another node or federation than the settings say.",
    "answer_not_signed": "The node said yes without a signature. Nothing of the answer was used.",
    "answer_without_receipt": "The node said yes without a receipt. Nothing of the answer was used.",
    "equivocation": "The node has signed two different things for one place. Keep the state file: it is the proof.",
    "chain_hole": "A batch is missing in a stream. Nothing of the page was kept.",
    "statement_seq_lower": "The node shows an older statement than one that was seen before.",
    "statement_forked": "There are two different statements with one number.",
    "admission": "Two operators' approvals cannot be shown for the organisation.",
    "not_a_member": "The batch is from an organisation that the node's directory does not list.",
    "directory_seq_lower": "The node shows an older directory than one that was seen before.",
    "unknown_origin": "No statement of that organisation is known here. Pull once, then verify again.",
    "cursor_moved": "Another process of this partner pulled at the same moment. Nothing was lost; run again.",
}

_STANDING = {
    "suspended": "This organisation is suspended. Talk to the node's operators.",
    "application_pending": "application pending: two operators of the node have yet to approve it.",
    "application_refused": "The application is not pending any more, and this key is not admitted. Ask the operators.",
}

_REFUSED = {
    "role_not_allowed": "The node refused: this key has not the role for that. Look at: havre whoami",
    "purpose_not_allowed": "The node refused: that purpose is not for this act.",
    "suspended": "The node refused: this organisation is suspended. Talk to its operators.",
    "not_found": "The node knows no such thing, or hides it from this key.",
}


def words_of(failure: Failure) -> str:
    """Return what a person is told about a failure."""
    if isinstance(failure, NodeRootDiffers):
        return (
            f"{failure.about} signs under the root {failure.thumbprint}, and the root that it is known by here is "
            f"{failure.pinned}. Nothing of it is believed. Compare both with what its operators gave you by telephone "
            "or on paper. If node_root was mistyped, correct it in havre.toml; else talk to them before anything else."
        )
    if isinstance(failure, RootChanged):
        return (
            f"{failure.about} has another root key, and the old one did not consent. Nothing of it is believed. Ask "
            f"them, by a way that you know, for their root's thumbprint. If it is {failure.thumbprint}, run:\n"
            f"  havre trust {failure.about} {failure.thumbprint}"
        )
    if isinstance(failure, NotAuthenticated):
        return _not_authenticated(failure)
    if isinstance(failure, Unreachable):
        status = "" if failure.status is None else f" (status {failure.status}, unsigned: believe no detail in it)"
        return f"The node did not give an answer that can be used{status}."
    if isinstance(failure, Refused):
        words = _REFUSED.get(failure.code, "The node refused.")
        signed_by = "" if failure.answer is None else f" Key: {failure.answer.request.keyid}."
        refused = "".join(f"\n  {one.pointer or '/'} {one.code}" for one in failure.refused)
        return f"{words} Code: {failure.code}. Request: {failure.request_id}.{signed_by}{refused}"
    return _unproven_or_missing(failure)


def _unproven_or_missing(failure: Failure) -> str:
    if isinstance(failure, NotVerified):
        about = "" if failure.about is None else f" About: {failure.about}."
        return f"{_VERIFIED.get(failure.reason, 'Something cannot be believed.')} Reason: {failure.reason}.{about}"
    if isinstance(failure, NotConfigured):
        about = "" if failure.about is None else f" About: {failure.about}."
        return _CONFIGURED.get(failure.reason, f"Something is missing here: {failure.reason}.") + about
    return _STANDING.get(failure.reason, f"It did not work: {failure.reason}.")


def _not_authenticated(failure: NotAuthenticated) -> str:
    difference = failure.clock_difference_seconds
    if difference is not None and abs(difference) > _NOTED_SECONDS:
        ahead = "behind" if difference > 0 else "ahead"
        return (
            f"The node did not accept the signature. This clock seems {abs(difference)} seconds {ahead}: set it right."
        )
    named = "" if failure.keyid is None else f" {failure.keyid}"
    return f"The node did not accept the signature: the key{named} is unknown, revoked or outside its time."
