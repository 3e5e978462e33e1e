// Keeps the PIN page in step with the agent: sends the answer without leaving the page, shows what
// comes next, and closes the page when all is done. Without this script the form works as well.
"use strict";

const main = document.querySelector("main");
const CLOSE_AFTER_MS = 1500;
const RETRY_MS = 2000;

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const answer = new URLSearchParams(new FormData(form, event.submitter));
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  form.querySelector("#pin")?.setAttribute("readonly", "");
  await fetch(form.action, { method: "POST", body: answer, redirect: "manual" });
}

// Waits until the agent shows something else, then loads it in place.
async function follow() {
  const seen = main.dataset.version;
  for (;;) {
    try {
      const answer = await fetch(`/pin/state?seen=${seen}`, { cache: "no-store" });
      const now = await answer.json();
      if (String(now.version) !== seen) return location.reload();
    } catch {
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

document.querySelector("form")?.addEventListener("submit", send);
if (main.dataset.over === "true") setTimeout(() => window.close(), CLOSE_AFTER_MS);
follow();
