"use strict";

// Remember in this browser the last checkpoint that it saw, and check at each visit that the log continues it. What the
// node says of itself cannot change what this browser has kept.

import * as log from "./log.js";

const row = document.getElementById("remembered");
const said = row.dataset;

function tell(state, words, values = {}) {
  const [, result, detail] = row.children;
  if (state !== "unknown") {
    const mark = document.createElement("span");
    mark.className = `result ${state}`;
    mark.textContent = state === "good" ? said.wordGood : said.wordBad;
    result.replaceChildren(mark);
  }
  detail.textContent = words.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString(document.documentElement.lang));
  if (state === "bad") {
    const verdict = document.getElementById("verdict");
    verdict.className = "verdict bad";
    verdict.textContent = verdict.dataset.bad;
  }
}

async function compare() {
  const now = await log.fetchCheckpoint();
  const node = now.origin.split("/")[0];
  const kept = localStorage.getItem(`havre-checkpoint:${node}`);
  const tree = new log.Tree(now.size);
  const isItself = now.size === 0 || log.isSame(await tree.root(0, now.size), now.root);
  const before = kept === null ? null : log.readCheckpoint(kept);
  const values = { first: before?.size ?? 0, second: now.size };
  let holds = isItself;
  if (before !== null && before.size > 0) {
    holds &&= before.size <= now.size && log.isSame(await tree.root(0, before.size), before.root);
  }
  if (!holds) {
    localStorage.setItem(`havre-evidence:${node}`, JSON.stringify([kept, now.note]));
    if (before !== null && before.origin !== now.origin) {
      return tell("unknown", said.epoch, values);
    }
    return tell("bad", said.bad, values);
  }
  localStorage.setItem(`havre-checkpoint:${node}`, now.note);
  return tell("good", before === null ? said.first : said.good, values);
}

compare().catch(() => tell("unknown", said.failed));
