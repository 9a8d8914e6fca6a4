"""Valid values of the wire, of which a test states only what matters. All of them are synthetic."""

from typing import Any

Json = dict[str, Any]

RECORD_ID = "0193a5c0-0000-7000-8000-000000000001"
OTHER_ID = "0193a5c0-0000-7000-8000-000000000002"
SALT = "oKCgoKCgoKCgoKCgoKCgoA"
LEAF = "r2W0rCpFHYYQ0Qk_CPxONtYdwRTYHCuv8iD0luTCqO4"
JWS = "aaaa.bbbb." + "A" * 86
HEX64 = "0123456789abcdef" * 4


def without(value: Json, *names: str) -> Json:
    return {name: inner for name, inner in value.items() if name not in names}


def a_classification(**members: Any) -> Json:
    return {"assessed_at": "2026-11-20", "assessed_by": "hotline", "scheme": "iwf", "value": "A", **members}


def a_signal(**members: Any) -> Json:
    return {
        "ai": {"status": "unassessed"},
        "classifications": [a_classification()],
        "id": RECORD_ID,
        "kind": "signal",
        "media": "image",
        "origin_of_report": "hotline",
        "revision": 1,
        "salt": SALT,
        "signal_type": "sha256",
        "status": "active",
        "value": HEX64,
        **members,
    }


def a_full_ai(**members: Any) -> Json:
    return {
        "basis": ["c2pa", "detector"],
        "c2pa": {
            "claim_generator": "sample tool/1.0 (test)",
            "manifest_present": True,
            "manifest_sha256": LEAF,
            "signature_valid": False,
            "soft_binding_alg": "com.example.mark",
        },
        "confidence": 97,
        "depicts_real_child": "unknown",
        "detector": {"name": "sample-detector", "version": "1.2"},
        "digital_source_type": "trainedAlgorithmicMedia",
        "generator": {"family": "sample", "model": "sample-xl", "provider": "example", "version": "3"},
        "kind": "fully_synthetic",
        "known_victim_likeness": "no",
        "status": "confirmed",
        **members,
    }


def a_full_signal(**members: Any) -> Json:
    return (
        a_signal(
            ai=a_full_ai(),
            annotations=["infant", "meme"],
            classifications=[
                a_classification(),
                a_classification(scheme="project_vic", value="3", jurisdiction="GB"),
                a_classification(scheme="inhope_ucs", value="label-a", version="1.0"),
                a_classification(scheme="local", value="hotline.example/sample"),
            ],
            content_id=OTHER_ID,
            first_seen="2026-01-31",
            last_seen="2026-02-28",
            match_advice={"action": "review", "max_distance": 31},
            quality=80,
            replaces=[LEAF],
            revision=2,
            signal_type="pdq",
        )
        | members
    )


def a_large_print(**members: Any) -> Json:
    return a_signal(signal_type="vpdq", media="video", print_bytes=40_000) | members


def an_incident(**members: Any) -> Json:
    return {
        "ai": {},
        "id": RECORD_ID,
        "incident_type": "csam_known",
        "jurisdictions": ["BE", "FR"],
        "kind": "incident",
        "occurred": {"from": "2026-10-01", "precision": "month", "to": "2026-10-31"},
        "reported_at": "2026-11-01T10:00:00Z",
        "revision": 1,
        "salt": SALT,
        "service_kind": "hosting",
        "severity": "medium",
        "state": "open",
        "status": "active",
        **members,
    }


def an_ai_incident(**members: Any) -> Json:
    return (
        an_incident(
            ai=a_full_ai(),
            classifications=[a_classification()],
            counts={"accounts": "1", "files": "6-20", "victims": "2-5"},
            handling=["model_mitigated", "removed"],
            incident_type="ai_csam_generated",
            references=[{"reference": "case-0001", "system": "iwf"}],
            related=[{"id": OTHER_ID, "origin": "platform.example"}],
            safety_control="bypassed",
            service_kind="generative_ai_app",
            signals=[{"id": RECORD_ID, "origin": "hotline.example"}],
            summary="A synthetic sentence for a test.",
        )
        | members
    )


def an_opinion(**members: Any) -> Json:
    return {
        "about": {"id": OTHER_ID, "origin": "hotline.example", "revision": 1},
        "id": RECORD_ID,
        "kind": "opinion",
        "matches": "21-100",
        "period": {"from": "2026-10-01", "to": "2026-10-31"},
        "reason": "adult",
        "reviewed_by": "two_or_more",
        "revision": 1,
        "salt": SALT,
        "status": "active",
        "verdict": "disputed",
        **members,
    }


def a_group(**members: Any) -> Json:
    return {
        "accepts_sectors": ["hotline", "platform"],
        "default_tlp": "AMBER",
        "history": "all",
        "id": RECORD_ID,
        "kind": "group",
        "members": [
            {"organisation": "hotline.example", "role": "member", "since": "2026-01-01"},
            {"organisation": "platform.example", "role": "observer", "since": "2026-02-01"},
        ],
        "name": "A sample group",
        "purpose_text": "Share sample values in tests.",
        "revision": 1,
        "salt": SALT,
        "status": "active",
        **members,
    }


def a_withdrawal(kind: str = "signal", **members: Any) -> Json:
    return {
        "id": RECORD_ID,
        "kind": kind,
        "reason": "duplicate",
        "replaces": [LEAF],
        "revision": 2,
        "salt": SALT,
        "status": "withdrawn",
        "withdrawn_at": "2026-11-22T10:00:00Z",
        **members,
    }


def an_audience(**members: Any) -> Json:
    return {"groups": [], "organisations": [], "purposes": [], "sectors": [], "tlp": "GREEN", **members}


def a_manifest(**members: Any) -> Json:
    return {
        "about": None,
        "audience": an_audience(),
        "count": 2,
        "expires": "2027-11-22T00:00:00Z",
        "federation": "test.havre.example",
        "iat": 1795341600,
        "iss": "hotline.example",
        "jti": RECORD_ID,
        "kind": "signal",
        "root": LEAF,
        "schema": "signal/1",
        "v": 1,
        **members,
    }


def a_jwk(x: str = "0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc") -> Json:
    return {"crv": "Ed25519", "kty": "OKP", "x": x}


def a_key(**members: Any) -> Json:
    return {
        "from": "2026-01-01T00:00:00Z",
        "holder": "desk-1",
        "jwk": a_jwk("oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA"),
        "proof": JWS,
        "roles": ["consumer", "contributor"],
        "until": None,
        "use": "exchange",
        **members,
    }


def a_statement(**members: Any) -> Json:
    return {
        "display_name": "Sample hotline",
        "exp": 1795341600 + 400 * 86_400,
        "federation": "test.havre.example",
        "home": {"node": "node.example", "origin_url": "https://node.example"},
        "iat": 1795341600,
        "iss": "hotline.example",
        "jti": RECORD_ID,
        "keys": [a_key()],
        "prev": None,
        "revoked": [{"at": "2026-05-01T00:00:00Z", "reason": "retired", "thumbprint": LEAF}],
        "root": a_jwk(),
        "root_change": None,
        "sector": "hotline",
        "seq": 1,
        "v": 1,
        **members,
    }
