// Shows at once what another window or the command line put into a reader.
"use strict";

const seen = document.querySelector("main").dataset.version;
const EVERY_MS = 1500;

async function look() {
  try {
    const now = await (await fetch("/drawer/cards", { cache: "no-store" })).json();
    if (String(now.version) !== seen) return location.reload();
  } catch {
    // The agent is being restarted.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
