"""What the receipts have gained since their first table."""

PROOFS = (
    # The answer's own signature, so that a third party can verify it; where the entry stands, and when that was proven.
    "ALTER TABLE receipt ADD COLUMN signature_input TEXT",
    "ALTER TABLE receipt ADD COLUMN answer_signature TEXT",
    "ALTER TABLE receipt ADD COLUMN content_type TEXT",
    "ALTER TABLE receipt ADD COLUMN answered_at INTEGER",
    "ALTER TABLE receipt ADD COLUMN place INTEGER",
    "ALTER TABLE receipt ADD COLUMN included_at INTEGER",
)
