"use strict";

// The log as a browser reads it for itself: hashes and tiles (RFC 9162, C2SP tlog-tiles), signed notes (C2SP
// signed-note), documents (JWS). Everything is computed here with WebCrypto; nothing that a page says of itself counts.

const WIDTH = 256;
const encoder = new TextEncoder();

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function fromBase64url(text) {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function toBase64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function isSame(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

const leafHash = (data) => sha256(Uint8Array.of(0), data);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

export async function entryLeaf(text, salt, p) {
  const bound = await sha256(salt, encoder.encode(text));
  return leafHash(Uint8Array.of(...bound, ...p));
}

// Ed25519 by the browser; an old one throws NotSupportedError.
export async function isSigned(x, signature, bytes) {
  const key = await crypto.subtle.importKey("raw", fromBase64url(x), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, bytes);
}

// RFC 7638: the members of a key in alphabetical order.
export async function thumbprint(x) {
  return toBase64url(await sha256(encoder.encode(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}

// A statement's claims, if the root that it names signed it; else null.
export async function readStatement(token) {
  const [header, payload, signature] = token.split(".");
  const decode = (part) => JSON.parse(new TextDecoder().decode(fromBase64url(part)));
  const claims = decode(payload);
  const root = await thumbprint(claims.root.x);
  const isBy = decode(header).kid === `${claims.iss}/${root}` && decode(header).typ === "havre-statement+jws";
  const bytes = encoder.encode(`${header}.${payload}`);
  return isBy && (await isSigned(claims.root.x, fromBase64url(signature), bytes)) ? { claims, root } : null;
}

// The checkpoint that a note says, with its signatures; nothing of it is believed yet.
export function readCheckpoint(note) {
  const divided = note.lastIndexOf("\n\n");
  const body = note.slice(0, divided + 1);
  const [origin, size, root] = body.split("\n");
  const signatures = note
    .slice(divided + 2)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, name, spelled] = line.split(" ");
      const bytes = fromBase64(spelled);
      return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
    });
  return { note, body, origin, size: Number(size), root: fromBase64(root), signatures };
}

export async function isCheckpointSigned(checkpoint, x) {
  const key = fromBase64url(x);
  const named = await sha256(encoder.encode(`${checkpoint.origin}\n`), Uint8Array.of(1), key);
  for (const one of checkpoint.signatures) {
    if (one.name === checkpoint.origin && isSame(one.keyId, named.slice(0, 4))) {
      return isSigned(x, one.signature, encoder.encode(checkpoint.body));
    }
  }
  return false;
}

export async function fetchCheckpoint() {
  const answer = await fetch("/v1/log/checkpoint", { cache: "no-store", credentials: "omit" });
  if (!answer.ok) {
    throw new Error("no checkpoint");
  }
  return readCheckpoint(await answer.text());
}

// The tree of `size` leaves, read from the log's public tiles, each fetched once.
export class Tree {
  constructor(size) {
    this.size = size;
    this.tiles = new Map();
  }

  // The root over the leaves from `start` up to before `stop`, a range as RFC 9162 splits a tree.
  async root(start, stop) {
    const length = stop - start;
    const below = largestPowerBelow(length);
    if (length > 1 && below * 2 !== length) {
      return nodeHash(await this.root(start, start + below), await this.root(start + below, stop));
    }
    return this.full(start, stop);
  }

  // The hashes from leaf `index` up to the root, lowest first, each with the side on which it stands.
  async path(index) {
    const steps = [];
    let start = 0;
    let stop = this.size;
    while (stop - start > 1) {
      const middle = start + largestPowerBelow(stop - start);
      if (index < middle) {
        steps.unshift({ hash: await this.root(middle, stop), isLeft: false });
        stop = middle;
      } else {
        steps.unshift({ hash: await this.root(start, middle), isLeft: true });
        start = middle;
      }
    }
    return steps;
  }

  // The root over a full subtree: from the hashes of the one tile that holds them.
  async full(start, stop) {
    const level = Math.floor(Math.log2(stop - start) / 8);
    const unit = WIDTH ** level;
    const index = Math.floor(start / unit / WIDTH);
    const hashes = await this.tile(level, index);
    let row = [];
    for (let at = start / unit - index * WIDTH; at < stop / unit - index * WIDTH; at += 1) {
      row.push(hashes.slice(32 * at, 32 * (at + 1)));
    }
    while (row.length > 1) {
      const above = [];
      for (let at = 0; at < row.length; at += 2) {
        above.push(await nodeHash(row[at], row[at + 1]));
      }
      row = above;
    }
    return row[0];
  }

  tile(level, index) {
    const path = tilePath(level, index, Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - WIDTH * index));
    if (!this.tiles.has(path)) {
      this.tiles.set(path, fetchTile(path));
    }
    return this.tiles.get(path);
  }
}

export async function climb(leaf, steps) {
  let reached = leaf;
  for (const step of steps) {
    reached = step.isLeft ? await nodeHash(step.hash, reached) : await nodeHash(reached, step.hash);
  }
  return reached;
}

function largestPowerBelow(length) {
  let power = 1;
  while (power * 2 < length) {
    power *= 2;
  }
  return power;
}

function tilePath(level, index, width) {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
  const path = [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)].join("/");
  return `tile/${level}/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}

async function fetchTile(path) {
  const answer = await fetch(`/v1/log/${path}`, { credentials: "omit" });
  if (!answer.ok) {
    throw new Error("no such tile");
  }
  return new Uint8Array(await answer.arrayBuffer());
}
