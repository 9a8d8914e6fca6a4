"""Read what carries a document: the body's one member, the form of its claims. Nothing is proven here.

A refusal names where and which rule, by pointers into the claims; it never repeats them.
"""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from crypto.canonical import NotCanonical, parse_json
from crypto.claims import SignedStatement
from crypto.documents import APPROVAL, STATEMENT, UnverifiedDocument, read_document
from crypto.refusals import NotVerified
from schemas.approvals import Approval, ApprovalSchema
from schemas.bulk import problems_of
from schemas.fields import WireSchema
from schemas.statements import Statement, StatementSchema
from server.errors import BodyTooLarge, DocumentRefused, MalformedBody, RefusedMember

# Where a judge's reason points to; what is not here is about the document as a whole.
_POINTERS = {
    "federation": "/federation",
    "issuer": "/iss",
    "statement_time": "/iat",
    "statement_seq": "/seq",
    "statement_prev": "/prev",
    "key_form": "/keys",
    "weak_key": "/keys",
    "key_forgotten": "/keys",
    "key_reused": "/keys",
    "revocation_forgotten": "/revoked",
    "root_change": "/root_change",
    "approval_lifetime": "/exp",
    "approval_expired": "/exp",
    "approval_early": "/iat",
}


@dataclass(frozen=True, kw_only=True)
class ReadStatement:
    """A statement of the right form: its compact JWS, its claims, its 32-byte digest. Its root is not judged."""

    token: str
    claims: Statement
    digest: bytes

    @property
    def signed(self) -> SignedStatement:
        """Return what the judges of trust take."""
        return SignedStatement(claims=self.claims, digest=self.digest)


@dataclass(frozen=True, kw_only=True)
class ReadApproval:
    """An approval of the right form; who signed it is not judged."""

    token: str
    claims: Approval
    document: UnverifiedDocument


def read_member(body_bytes: bytes, name: str) -> str:
    """Return the text of the only member, `name`, of a JSON body.

    Raises:
        MalformedBody: the body is anything else.
    """
    try:
        value = parse_json(body_bytes)
    except NotCanonical as error:
        raise MalformedBody from error
    if type(value) is not dict or set(value) != {name} or type(value[name]) is not str:
        raise MalformedBody
    text: str = value[name]
    return text


def read_statement(token: str) -> ReadStatement:
    """Return the statement that `token` says it is.

    Raises:
        BodyTooLarge: longer than a statement may be.
        DocumentRefused: no JWS of the right form, or claims of another form.
    """
    document = read_form(token, STATEMENT)
    claims: Statement = load_document(StatementSchema(), document)
    return ReadStatement(token=token, claims=claims, digest=document.digest)


def read_approval(token: str) -> ReadApproval:
    """Return the approval that `token` says it is.

    Raises:
        BodyTooLarge: longer than an approval may be.
        DocumentRefused: no JWS of the right form, or claims of another form.
    """
    document = read_form(token, APPROVAL)
    claims: Approval = load_document(ApprovalSchema(), document)
    return ReadApproval(token=token, claims=claims, document=document)


def refused(pointer: str, code: str) -> DocumentRefused:
    """Return the refusal of a document for one reason."""
    return DocumentRefused([RefusedMember(index=None, pointer=pointer, code=code)])


def refused_by_judge(error: NotVerified) -> DocumentRefused:
    """Return the refusal that a judge's reason is: a constant token, and where it points."""
    return refused(_POINTERS.get(error.reason, ""), error.reason)


def read_form(token: str, typ: str) -> UnverifiedDocument:
    """Return the document of a kind that `token` is; who signed it is not judged.

    Raises:
        BodyTooLarge: longer than such a document may be.
        DocumentRefused: no JWS of the right form.
    """
    try:
        return read_document(token, typ=typ)
    except NotVerified as error:
        if error.reason == "document_size":
            raise BodyTooLarge from error
        raise refused_by_judge(error) from error


def load_document(schema: WireSchema, document: UnverifiedDocument) -> Any:
    """Return the claims of `document` as `schema` loads them.

    Raises:
        DocumentRefused: they are of another form, or in the name of another than its key's organisation.
    """
    try:
        loaded = schema.load(document.claims)
    except ValidationError as error:
        raise DocumentRefused(
            [
                RefusedMember(index=None, pointer=problem.pointer, code=problem.code)
                for problem in problems_of(schema, document.claims)
            ]
        ) from error
    if loaded.iss != document.organisation:
        raise refused("/iss", "issuer")
    return loaded
