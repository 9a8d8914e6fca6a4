# ruff: noqa: E401, E731, I001, S310, T201 - to be read as a whole: a line a function where one will do; it is a command
"""A partner of a Havre node in 170 lines of code, written from docs/protocol.md and docs/records.md alone.

    partner.py push FILE SHA256...             share values with every member
    partner.py pull FILE                       fetch, judge and keep what there is
    partner.py opine FILE ORIGIN/ID VERDICT    say what one thinks of a record that was pulled

It needs Python 3.11 and `cryptography`. HAVRE_CONNECT=http://HOST:PORT reaches the node there, whatever its name.
`joining.py` makes FILE, once. What is not as it must be raises, and nothing is kept. A client that is to live longer
does what this one leaves out: its keys lie in FILE (a root belongs offline); a member is whoever the node says (count
the approvals, §3.3); it stops at a new root, and at what a revoked key has signed; it does not look at proofs of
possession, at weak keys (§2.5), and at the form of a record's members (any JSON Schema validator does); it does not
write a batch down before it is sent.
"""

import base64, hashlib, json, os, re, secrets, sys, time, uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

YEAR, JSON, NDJSON = 31_536_000, "application/json", "application/x-ndjson"
GREEN = {"tlp": "GREEN", "groups": [], "organisations": [], "sectors": [], "purposes": []}
TOLD = re.compile(r'havre=\(.*\)(;created=(\d+);keyid="(.+)/(.{43})";tag="havre-response-v1")')
now = lambda: int(time.time())
moment = lambda seconds: datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
uuid7 = lambda: str(uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62)))
sha = lambda data: hashlib.sha256(data).digest()
leaf = lambda data: sha(b"\0" + data)
std64 = lambda data: base64.b64encode(data).decode()
b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
parse = lambda text: json.loads(text, parse_float=lambda _: must(holds=False, what="a float"))
jwk_of = lambda key: {"crv": "Ed25519", "kty": "OKP", "x": b64(key.public_key().public_bytes_raw())}
thumb = lambda jwk: b64(sha(canonical(jwk)))
digest = lambda jws: b64(sha(jws.rpartition(".")[0].encode()))
claims_of = lambda jws, part=1: parse(unb64(jws.split(".")[part]))
statement_of = lambda jws: unsealed(jws, "statement", lambda claims, _: claims["root"])
verify = lambda jwk, signature, data: Ed25519PublicKey.from_public_bytes(unb64(jwk["x"])).verify(signature, data)


def must(holds, what):
    if not holds:
        raise ValueError(what)


def unb64(text):
    must(b64(data := base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) == text, "not canonical base64url")
    return data


def tree(leaves):
    left = 1 << (len(leaves) - 1).bit_length() >> 1
    return sha(b"\1" + tree(leaves[:left]) + tree(leaves[left:])) if len(leaves) > 1 else leaves[0]


def sealed(key, kind, claims):
    head = {"alg": "EdDSA", "typ": f"havre-{kind}+jws", "kid": f"{claims['iss']}/{thumb(jwk_of(key))}"}
    text = f"{b64(canonical(head))}.{b64(canonical(claims))}"
    return f"{text}.{b64(key.sign(text.encode()))}"


def unsealed(jws, kind, jwk_for):
    """Return the claims of a document signed by the key that `jwk_for(claims, thumbprint)` names (§2.4)."""
    (signed, _, signature), claims, head = jws.rpartition("."), claims_of(jws), claims_of(jws, 0)
    jwk = jwk_for(claims, head["kid"][-43:])
    must(head == {"alg": "EdDSA", "typ": f"havre-{kind}+jws", "kid": f"{claims['iss']}/{thumb(jwk)}"}, "header")
    verify(jwk, unb64(signature), signed.encode())
    return claims


def jwk_at(statements, used, use, thumbprint, at):
    """Return the key by which the statement of digest `used` lets its organisation sign at `at` (§3.5)."""
    said, revoked = statements[used], list(statements.values())[-1]["revoked"]
    key = next(key for key in said["keys"] if thumb(key["jwk"]) == thumbprint and key["use"] == use)
    must(key["from"] <= at < (key["until"] or "9") and moment(said["iat"] - 60) <= at < moment(said["exp"]), "time")
    must(thumbprint not in {lost["thumbprint"] for lost in revoked}, "a revoked key")
    return key["jwk"]


def covering(parts, parameters):
    told = f"({' '.join(parts)}){parameters}"
    return told, "\n".join([*(f"{name}: {parts[name]}" for name in parts), f'"@signature-params": {told}']).encode()


class Partner:
    def __init__(self, file, **fresh):
        self.file, self.kept, self.members = Path(file), fresh or parse(Path(file).read_text()), {}
        self.key = {use: Ed25519PrivateKey.from_private_bytes(unb64(seed)) for use, seed in self.kept["keys"].items()}
        told = parse(self.send("GET", "/.well-known/havre").read())["statement"]
        self.node, said = {digest(told): statement_of(told)}, claims_of(told)
        must(thumb(said["root"]) == self.kept["pin"], "not the root that was pinned")
        self.home, self.mine = said["home"], {"v": 1, "federation": said["federation"], "iss": self.kept["name"]}

    def node_key(self, thumbprint, at):
        return jwk_at(self.node, next(iter(self.node)), "node", thumbprint, at)

    def send(self, method, target, body=None, headers=()):
        headers = {"host": self.kept["url"].partition("//")[2], **dict(headers)}
        there = os.environ.get("HAVRE_CONNECT", self.kept["url"])
        return urlopen(Request(there + target, body, headers, method=method), timeout=60)

    def ask(self, method, target, purpose, body=None, media=JSON):
        """Return the body of the answer to a signed request, once its signature and its receipt hold (§4, §7.3)."""
        asked = {'"@method"': method, '"@target-uri"': self.kept["url"] + target, '"havre-purpose"': purpose}
        asked |= {'"content-type"': media, '"content-digest"': f"sha-256=:{std64(sha(body))}:"} if body else {}
        keyid, nonce = f"{self.mine['iss']}/{thumb(jwk_of(self.key['exchange']))}", b64(secrets.token_bytes(16))
        told, base = covering(asked, f';created={now()};keyid="{keyid}";nonce="{nonce}";tag="havre-request-v1"')
        asked['"signature"'] = f"havre=:{std64(signature := self.key['exchange'].sign(base))}:"
        headers = {name.strip('"'): value for name, value in asked.items() if "@" not in name}
        answer = self.send(method, target, body, headers | {"signature-input": f"havre={told}"})
        got, content = answer.headers, answer.read()
        parameters, created, signer, thumbprint = TOLD.fullmatch(got["signature-input"]).groups()
        parts = {'"@status"': answer.status, '"content-type"': got["content-type"]}
        parts |= {'"content-digest"': f"sha-256=:{std64(sha(content))}:", '"havre-receipt"': got["havre-receipt"]}
        parts |= {f"{name};req": asked[name] for name in asked if name not in {'"havre-purpose"', '"content-type"'}}
        told, data = covering(parts, parameters)
        fits = signer == self.home["node"] and abs(now() - int(created)) <= 120
        must(fits and got["signature-input"] == f"havre={told}", "what the answer's signature says")
        verify(self.node_key(thumbprint, moment(int(created))), base64.b64decode(got["signature"][7:-1]), data)
        if purpose not in {"administration", "audit"}:
            seen = parse(self.ask("GET", f"/v1/log/entries/{got['havre-receipt']}", "audit"))
            entry, data = parse(seen["entry"]), sha(unb64(seen["salt"]) + seen["entry"].encode()) + unb64(seen["p"])
            mine = [got["havre-receipt"], b64(signature), b64(sha(content))]
            must([b64(leaf(data)), entry["signature"], entry["response_digest"]] == mine, "receipt")
        return content

    def member(self, name):
        """Return an organisation's statements by digest: one chain, under the root that was seen first (§3.3)."""
        said, more = self.members.setdefault(name, {}), not self.members[name]
        while more:
            target = f"/v1/organisations/{name}" + (f"?after={len(said)}" if said else "")
            more = parse(self.ask("GET", target, "detection"))["statements"]
            for claims, jws in ((statement_of(jws), jws) for jws in more):
                told = (name, len(said) + 1, [None, *said][-1])
                must((claims["iss"], claims["seq"], claims["prev"]) == told, "chain of statements")
                must(self.kept["roots"].setdefault(name, root := thumb(claims["root"])) == root, "another root")
                said[digest(jws)] = claims
        return said

    def judge(self, manifest, accepted, lines):
        """Keep the records of a batch, if who signed it and where it stands hold (§3.5, §5, §6)."""
        placed, node, said = (
            claims_of(accepted),
            self.member(self.home["node"]),
            self.member(claims_of(manifest)["iss"]),
        )
        at, by_origin, by_node = placed["at"], placed["statement_sha256"], placed["node_statement_sha256"]
        batch = unsealed(manifest, "batch", lambda _, by: jwk_at(said, by_origin, "record", by, at))
        unsealed(accepted, "acceptance", lambda _, by: jwk_at(node, by_node, "node", by, at))
        must(
            placed["iss"] == said[by_origin]["home"]["node"] == self.home["node"] and at <= moment(now() + 120), "home"
        )
        what = [batch[name] for name in ("federation", "iss", "kind", "audience", "about")]
        stream = b64(sha(canonical(["havre-stream-v1", *what, placed["log"]])))
        must((placed["manifest_sha256"], placed["stream"]) == (digest(manifest), stream), "another batch's acceptance")
        seq, prev, least = self.kept["streams"].get(stream, (placed["seq"] - 1, placed["prev"], 0))
        must(
            (placed["seq"], placed["prev"]) == (seq + 1, prev) and said[by_origin]["seq"] >= least, "a hole in a stream"
        )
        self.kept["streams"][stream] = (placed["seq"], digest(accepted), said[by_origin]["seq"])
        if lines or batch["expires"] > moment(now() + 120):
            hashes = [unb64(one["erased"]) if "erased" in one else leaf(canonical(one)) for one in lines]
            must(len(lines) == batch["count"] and b64(tree(hashes)) == batch["root"], "lines of a batch")
        for record in (one for one in lines if "erased" not in one):
            held = {"record": record, "stream": stream, "audience": batch["audience"], "expires": batch["expires"]}
            known = self.kept["records"].setdefault(f"{batch['iss']}/{record['id']}", held)
            known.update(held if record["revision"] > known["record"]["revision"] else {})

    def pull(self):
        """Take page after page; what one brought, the heads of streams and the cursor are kept as one (§6)."""
        more = True
        while more:
            after = f"?after={self.kept['next']}" if self.kept["next"] else ""
            *lines, last = map(parse, self.ask("GET", f"/v1/feed{after}", "detection").splitlines())
            controls = [n for n, one in enumerate(lines) if len(one) == 1 and not one.keys() & {"accepted", "erased"}]
            for start, stop in zip(controls, [*controls[1:], len(lines)], strict=False):
                if "manifest" in lines[start]:
                    self.judge(lines[start]["manifest"], lines[start + 1]["accepted"], lines[start + 2 : stop])
                for gone in lines[start].get("ended", {}).get("streams", ()):
                    self.kept["streams"].pop(gone, None)
                    self.kept["records"] = {n: one for n, one in self.kept["records"].items() if one["stream"] != gone}
            more, self.kept["next"] = last["page"]["more"], last["page"]["next"]
            self.keep()

    def keep(self):
        self.file.with_suffix(".new").write_text(json.dumps(self.kept))
        self.file.with_suffix(".new").replace(self.file)

    def share(self, kind, records, audience=GREEN, about=None):
        """Push one batch (§5.1, §5.3), check the node's word for its place, and return the records' names."""
        every = lambda: {"revision": 1, "status": "active", "id": uuid7(), "salt": b64(secrets.token_bytes(16))}
        told = [every() | {"kind": kind} | record for record in records]
        root, claims = b64(tree([leaf(canonical(one)) for one in told])), self.mine | {"jti": uuid7(), "iat": now()}
        claims |= {"kind": kind, "schema": f"{kind}/1", "audience": audience, "about": about, "root": root}
        claims |= {"count": len(told), "expires": moment(now() + YEAR)}
        manifest = sealed(self.key["record"], "batch", claims)
        document = b"".join(canonical(one) + b"\n" for one in [{"manifest": manifest}, *told])
        answer = parse(self.ask("POST", "/v1/batches", "contribution", document, NDJSON))
        placed = unsealed(answer["accepted"], "acceptance", lambda claims, by: self.node_key(by, claims["at"]))
        must(placed["manifest_sha256"] == digest(manifest), "another batch's acceptance")
        return [f"{self.mine['iss']}/{one['id']}" for one in told]

    def push(self, *values):
        found = {"scheme": "iwf", "value": "A", "assessed_by": "one_person", "assessed_at": moment(now())[:10]}
        about = {"media": "image", "ai": {}, "origin_of_report": "proactive", "classifications": [found]}
        return self.share("signal", [about | {"signal_type": "sha256", "value": value} for value in values])

    def opine(self, name, verdict):
        (origin, number), held = name.split("/"), self.kept["records"][name]
        about = {"about": {"origin": origin, "id": number, "revision": held["record"]["revision"]}}
        return self.share(
            "opinion", [about | {"verdict": verdict, "reviewed_by": "one_person"}], held["audience"], origin
        )


if __name__ == "__main__":
    os.umask(0o077)
    partner = Partner(sys.argv[2])
    print(*getattr(partner, sys.argv[1])(*sys.argv[3:]) or partner.kept["records"], sep="\n")
