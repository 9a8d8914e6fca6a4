"""The acts that entries of the log name as their `action` (docs/protocol.md §7.2, §7.7)."""

ACTIONS = frozenset(
    {
        *("push_batch", "push_signal", "push_incident", "push_group", "push_opinion"),
        *("read_feed", "read_record", "read_opinions", "read_streams", "read_organisation", "read_whoami"),
        *("change_statement", "apply", "read_application", "approve"),
        *("read_own_entry", "read_proof", "read_trail", "read_exposure", "export_trail"),
        *("invite_person", "read_people", "end_person"),
        *("look_at_invitation", "join", "sign_in", "confirm_sign_in", "sign_out", "keep_passkeys", "read_console"),
        *("erase", "hold", "release", "expire_group", "erase_entries", "open_epoch", "noise"),
    }
)
"""All acts of this version of the protocol: those of partners, of persons at the console, and the node's own."""
