// The desk: F2 next patient, F8 away; the page covers itself when the session ends.
// Everything here is also a visible button; without script the desk works by those.
(() => {
  "use strict";
  const IDLE_MS = 3 * 60 * 1000;
  const away = document.getElementById("away");

  const acts = {
    F2: () => document.getElementById("next").click(),
    F8: () => away.requestSubmit(),
  };
  document.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (composing || modified || event.repeat || !(event.key in acts)) return;
    event.preventDefault();
    acts[event.key]();
  });

  const print = document.getElementById("print");
  print.hidden = !document.querySelector(".answer");
  print.addEventListener("click", () => window.print());

  // Nobody there: the same as F8.
  let idle;
  const rest = () => {
    clearTimeout(idle);
    idle = setTimeout(() => away.requestSubmit(), IDLE_MS);
  };
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    document.addEventListener(sign, rest, { passive: true });
  }
  rest();

  // Who leaves is on the way out already, by way of the identity provider.
  let leaving = false;
  away.addEventListener("submit", () => { leaving = true; });
  const cover = () => {
    document.body.replaceChildren();
    if (!leaving) location.replace("/desk/signed-out");
  };
  const listen = () => {
    const events = new EventSource("/session/events");
    events.addEventListener("signed-out", cover);
    events.addEventListener("error", () => {
      if (events.readyState !== EventSource.CLOSED) return;
      stillSignedIn().then((yes) => (yes ? setTimeout(listen, 5000) : cover()));
    });
  };
  const stillSignedIn = async () => {
    try {
      const answer = await fetch("/session", { headers: { accept: "application/json" } });
      return (await answer.json()).signed_in === true;
    } catch {
      return true; // The line is down, which says nothing about the session.
    }
  };
  listen();

  // A page from the browser's memory shows a patient who has left.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
