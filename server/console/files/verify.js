"use strict";

// Verify the entry on this page: from its text up to the public checkpoint, step by step. Words come from the page.

import * as log from "./log.js";

const encoder = new TextEncoder();
const part = document.getElementById("verify");
const button = document.getElementById("verify-button");
const verdict = document.getElementById("verified");
const said = part.dataset;
const isErased = said.erased === "true";

function tell(step, state, detail = "") {
  const [, result, computed] = document.getElementById(`step-${step}`).children;
  const mark = document.createElement("span");
  mark.className = `result ${{ good: "good", bad: "bad" }[state] ?? "unknown"}`;
  mark.textContent = said[state];
  result.replaceChildren(mark);
  computed.textContent = detail;
  return state !== "bad";
}

function textOf(id) {
  return document.getElementById(id).textContent;
}

async function tellLeaf() {
  if (isErased) {
    return tell("leaf", "left");
  }
  const leaf = await log.entryLeaf(textOf("entry"), log.fromBase64url(textOf("salt")), log.fromBase64url(textOf("p")));
  const computed = log.toBase64url(leaf);
  return tell("leaf", computed === textOf("leaf") ? "good" : "bad", computed);
}

// What the signed text names must be what the entry says: else a true signature would cover another request.
function isAbout(entry) {
  const lines = new Map(
    entry.signature_base.split("\n").map((line) => {
      const end = line.indexOf(": ");
      return [line.slice(0, end), line.slice(end + 2)];
    }),
  );
  const uri = lines.get('"@target-uri"') ?? "";
  return (
    uri.slice(uri.indexOf("/", uri.indexOf("://") + 3)) === entry.target &&
    lines.get('"havre-purpose"') === entry.purpose &&
    lines.get('"@signature-params"')?.includes(`;keyid="${entry.keyid}"`)
  );
}

async function tellRequest() {
  const entry = isErased ? {} : JSON.parse(textOf("entry"));
  const isRefused = entry.decision === "refused";
  if (isErased || !said.statement || !entry.signature) {
    return tell("statement", "left") && tell("request", "left");
  }
  const statement = await log.readStatement(said.statement);
  const named = statement !== null && statement.claims.iss === entry.organisation;
  if (!tell("statement", named ? "good" : "bad", named ? statement.root : "")) {
    return tell("request", "bad");
  }
  if (isRefused) {
    return tell("request", "left"); // only a digest of the signed text is kept
  }
  for (const key of statement.claims.keys) {
    if (key.use === "exchange" && entry.keyid === `${entry.organisation}/${await log.thumbprint(key.jwk.x)}`) {
      const bytes = encoder.encode(entry.signature_base);
      const holds = (await log.isSigned(key.jwk.x, log.fromBase64url(entry.signature), bytes)) && isAbout(entry);
      return tell("request", holds ? "good" : "bad", entry.keyid);
    }
  }
  return tell("request", "bad", entry.keyid);
}

async function tellCheckpoint(checkpoint) {
  const statement = await log.readStatement(said.nodeStatement);
  if (statement === null || !checkpoint.origin.startsWith(`${statement.claims.iss}/log/`)) {
    return tell("checkpoint", "bad");
  }
  for (const key of statement.claims.keys) {
    if (key.use === "log" && (await log.isCheckpointSigned(checkpoint, key.jwk.x))) {
      return tell("checkpoint", "good", `${checkpoint.origin}, ${checkpoint.size}, ${statement.root}`);
    }
  }
  return tell("checkpoint", "bad", checkpoint.origin);
}

async function tellInclusion(checkpoint) {
  const index = Number(said.index);
  if (index >= checkpoint.size) {
    throw new Error("not yet in a public checkpoint");
  }
  const steps = await new log.Tree(checkpoint.size).path(index);
  const root = await log.climb(log.fromBase64url(textOf("leaf")), steps);
  return tell("inclusion", log.isSame(root, checkpoint.root) ? "good" : "bad", log.toBase64url(root));
}

async function verify() {
  button.disabled = true;
  verdict.hidden = true;
  const steps = ["leaf", "statement", "request", "checkpoint", "inclusion"];
  steps.forEach((step) => tell(step, "runs"));
  try {
    const held = [await tellLeaf(), await tellRequest()];
    const checkpoint = await log.fetchCheckpoint();
    held.push(await tellCheckpoint(checkpoint), await tellInclusion(checkpoint));
    const isWhole = held.every(Boolean);
    verdict.className = `verdict ${isWhole ? "good" : "bad"}`;
    verdict.textContent = isWhole ? said.verified : said.notVerified;
  } catch {
    verdict.className = "verdict bad";
    verdict.textContent = said.notComputed;
  }
  verdict.hidden = false;
  button.disabled = false;
}

button.addEventListener("click", verify);
button.disabled = false;
document.getElementById("verify-needs").hidden = true;
