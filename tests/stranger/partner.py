# ruff: noqa: E401, E731, I001, S310, T201 - modules share a line, short functions have one each; it asks URLs and prints
"""A partner of a Havre node in less than 150 lines of Python, written from docs/protocol.md and docs/records.md alone.

    partner.py join FILE SECTOR | push FILE KIND RECORD | pull FILE

FILE is JSON: {"url": the node's, "name": yours, "roots": {the node's name: its root's thumbprint}}; keys and records
come into it, unless something is not as it must be. RECORD is JSON; an opinion goes to whom it is about, all else to
every member. `pull` takes one page and prints if more follow. A client that lives longer adds: a root key offline; who
is a member (§3.3); keeping statements; a new root, revoked keys' past, `ended` (this one stops); weak keys and proofs
(§2.5, §3.2); forms, expiry, withheld lines (§2.2, §5); receipts' opening (§7.3); larger batches; safety from crashes.
"""

import base64, hashlib, itertools, json, pathlib, re, secrets, sys, time, urllib.request, uuid
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

YEAR, ROLES = 31_536_000, {"root": [], "record": [], "exchange": ["administrator", "consumer", "contributor"]}
must = lambda holds, what: holds or sys.exit(f"not as it must be: {what}")
now = lambda: int(time.time())
moment = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
uuid7 = lambda: str(uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62)))
nonce = lambda size=16: b64(secrets.token_bytes(size))
sha = lambda data: hashlib.sha256(data).digest()
half = lambda nodes: 1 << (len(nodes) - 1).bit_length() - 1
tree = lambda nodes: sha(b"\1" + tree(nodes[: half(nodes)]) + tree(nodes[half(nodes) :])) if nodes[1:] else nodes[0]
std64 = lambda data: f":{base64.b64encode(data).decode()}:"
b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
unb64 = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
thumb = lambda jwk: b64(sha(canonical(jwk)))
jwk_of = lambda key: {"crv": "Ed25519", "kty": "OKP", "x": b64(key.public_key().public_bytes_raw())}
digest = lambda jws: b64(sha(jws.rpartition(".")[0].encode()))
part_of = lambda jws, part: json.loads(unb64(jws.split(".")[part]))
head_of = lambda kind, name, jwk: {"alg": "EdDSA", "typ": f"havre-{kind}+jws", "kid": f"{name}/{thumb(jwk)}"}
signed = lambda key, *parts: (text := ".".join(map(b64, parts))) + "." + b64(key.sign(text.encode()))
sealed = lambda key, kind, said: signed(key, *map(canonical, (head_of(kind, said["iss"], jwk_of(key)), said)))
verify = lambda jwk, signature, data: Ed25519PublicKey.from_public_bytes(unb64(jwk["x"])).verify(signature, data)
base = lambda parts, told: "\n".join([*(f"{n}: {parts[n]}" for n in parts), f'"@signature-params": {told}']).encode()


def opened(jws, kind, jwk):
    must(part_of(jws, 0) == head_of(kind, part_of(jws, 1)["iss"], jwk), f"the header of a {kind}")
    verify(jwk, unb64(jws.split(".")[2]), jws.rpartition(".")[0].encode())
    return part_of(jws, 1)


def key_at(said, newest, use, keyid, at):
    key = next(key for key in said["keys"] if (key["use"], f"{said['iss']}/{thumb(key['jwk'])}") == (use, keyid))
    timely = moment(said["iat"] - 60) <= at < moment(said["exp"]) and key["from"] <= at < (key["until"] or "9")
    must(timely and keyid[-43:] not in {lost["thumbprint"] for lost in newest["revoked"]}, "a key that holds then")
    return key["jwk"]


class Partner:
    def __init__(self, kept):
        self.kept = {"keys": {use: nonce(32) for use in ROLES}, "next": "", "streams": {}, "records": {}} | kept
        self.keys = {use: Ed25519PrivateKey.from_private_bytes(unb64(self.kept["keys"][use])) for use in ROLES}
        told = json.loads(urllib.request.urlopen(kept["url"] + "/.well-known/havre").read())["statement"]
        self.node = opened(told, "statement", part_of(told, 1)["root"])
        must(thumb(self.node["root"]) == kept["roots"].get(self.node["iss"]), "the root that was pinned (§3.3)")
        self.mine = {"v": 1, "federation": self.node["federation"], "iss": kept["name"]}

    def ask(self, target, purpose, body=None, media="application/json"):
        url, key = self.kept["url"] + target, self.keys["exchange"]
        asked = {'"@method"': "POST" if body else "GET", '"@target-uri"': url, '"havre-purpose"': purpose}
        asked |= {'"content-type"': media, '"content-digest"': f"sha-256={std64(sha(body))}"} if body else {}
        once = f'keyid="{self.kept["name"]}/{thumb(jwk_of(key))}";nonce="{nonce()}"'
        told = f'({" ".join(asked)});created={now()};{once};tag="havre-request-v1"'
        asked['"signature"'] = f"havre={std64(key.sign(base(asked, told)))}"
        headers = {"signature-input": f"havre={told}"} | {n.strip('"'): asked[n] for n in asked if "@" not in n}
        answer = urllib.request.urlopen(urllib.request.Request(url, body, headers))
        got, content = answer.headers, answer.read()
        parts = {'"@status"': answer.status, '"content-type"': got["content-type"]}
        parts |= {'"content-digest"': f"sha-256={std64(sha(content))}", '"havre-receipt"': got["havre-receipt"]}
        parts |= {f"{name};req": asked[name] for name in asked if name not in {'"havre-purpose"', '"content-type"'}}
        created, keyid = re.search(r'created=(\d+);keyid="([^"]+)"', got["signature-input"]).groups()
        told = f'({" ".join(parts)});created={created};keyid="{keyid}";tag="havre-response-v1"'
        must(got["signature-input"] == f"havre={told}" and abs(now() - int(created)) <= 120, "an answer to this")
        jwk = key_at(self.node, self.node, "node", keyid, moment(int(created)))
        verify(jwk, base64.b64decode(got["signature"][7:-1]), base(parts, told))
        return content

    def opened_at(self, jws, kind, use, by, at):
        name, said = part_of(jws, 1)["iss"], {}
        for told in json.loads(self.ask(f"/v1/organisations/{name}", "detection"))["statements"]:
            newest = opened(told, "statement", part_of(told, 1)["root"])
            root, place = thumb(newest["root"]), (newest["iss"], newest["seq"], newest["prev"])
            must(place == (name, len(said) + 1, [None, *said][-1]), "a chain of statements (§3.2)")
            must(self.kept["roots"].setdefault(name, root) == root, "the root that was seen first (§3.3)")
            said[digest(told)] = newest
        return opened(jws, kind, key_at(said[by], newest, use, part_of(jws, 0)["kid"], at)), said[by]

    def judge(self, manifest, accepted, lines):
        said = part_of(accepted, 1)
        placed, node = self.opened_at(accepted, "acceptance", "node", said["node_statement_sha256"], said["at"])
        batch, origin = self.opened_at(manifest, "batch", "record", placed["statement_sha256"], placed["at"])
        must(origin["home"]["node"] == node["iss"] == self.node["iss"], "a place at its home (§3.5)")
        must(batch["federation"] == node["federation"] and placed["at"] <= moment(now() + 120), "here, and by now")
        what = [batch[name] for name in ("federation", "iss", "kind", "audience", "about")]
        stream = b64(sha(canonical(["havre-stream-v1", *what, placed["log"]])))
        must((placed["manifest_sha256"], placed["stream"]) == (digest(manifest), stream), "its place (§5.2)")
        seq, head, least = self.kept["streams"].get(stream, (placed["seq"] - 1, placed["prev"], 0))
        must((placed["seq"], placed["prev"]) == (seq + 1, head) and origin["seq"] >= least, "the next place (§6)")
        self.kept["streams"][stream] = (placed["seq"], digest(accepted), origin["seq"])
        leaves = [unb64(one["erased"]) if "erased" in one else sha(b"\0" + line) for line, one in lines]
        if lines or batch["expires"] > moment(now() + 120):
            must(len(lines) == batch["count"] and b64(tree(leaves)) == batch["root"], "lines (§5.1)")
        self.kept["records"] |= {f"{batch['iss']}/{one['id']}": one for _, one in lines if "erased" not in one}

    def pull(self):
        page = [(line, json.loads(line)) for line in self.ask("/v1/feed" + self.kept["next"], "detection").splitlines()]
        controls = [n for n, (_, one) in enumerate(page) if len(one) == 1 and not one.keys() & {"accepted", "erased"}]
        for start, stop in itertools.pairwise(controls):
            must("ended" not in page[start][1], "a stream that goes on (§6)")
            if "manifest" in page[start][1]:
                self.judge(page[start][1]["manifest"], page[start + 1][1]["accepted"], page[start + 2 : stop])
        self.kept["next"] = f"?after={page[-1][1]['page']['next']}"
        return page[-1][1]["page"]["more"]

    def push(self, kind, record):
        record = {"kind": kind, "id": uuid7(), "revision": 1, "status": "active", "salt": nonce()} | json.loads(record)
        line, to = canonical(record), [record["about"]["origin"]] if kind == "opinion" else []
        audience = {"tlp": "AMBER+STRICT" if to else "GREEN", "organisations": to, "groups": [], "sectors": []}
        claims = self.mine | {"jti": uuid7(), "iat": now(), "kind": kind, "schema": f"{kind}/1", "count": 1}
        claims |= {"about": to[0] if to else None, "expires": moment(now() + YEAR), "root": b64(sha(b"\0" + line))}
        manifest = sealed(self.keys["record"], "batch", claims | {"audience": audience | {"purposes": []}})
        document = b"\n".join([canonical({"manifest": manifest}), line, b""])
        answer = json.loads(self.ask("/v1/batches", "contribution", document, "application/x-ndjson"))
        must(part_of(answer["accepted"], 1)["manifest_sha256"] == digest(manifest), "its acceptance")
        return f"{self.kept['name']}/{record['id']}"

    def join(self, sector):
        claims = self.mine | {"jti": uuid7(), "iat": now(), "exp": now() + YEAR, "seq": 1, "prev": None, "keys": []}
        claims |= {"root": jwk_of(self.keys["root"]), "display_name": self.kept["name"], "home": self.node["home"]}
        for thumbprint, use in sorted((thumb(jwk_of(self.keys[use])), use) for use in ("record", "exchange")):
            told = {"jwk": jwk_of(self.keys[use]), "use": use, "from": moment(now()), "until": None}
            told |= {"roles": ROLES[use], "holder": "system-1" if ROLES[use] else None}
            told |= {"proof": sealed(self.keys[use], "possession", self.mine | {"sub": thumbprint})}
            claims["keys"].append(told)
        claims |= {"sector": sector, "revoked": [], "root_change": None}
        statement = sealed(self.keys["root"], "statement", claims)
        self.ask("/v1/applications", "administration", canonical({"statement": statement}))
        return statement


if __name__ == "__main__":
    act, file, *words = sys.argv[1:]
    partner = Partner(json.loads(pathlib.Path(file).read_text()))
    print(getattr(partner, act)(*words))
    pathlib.Path(file).write_text(json.dumps(partner.kept))
