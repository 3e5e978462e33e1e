// The desk: F2 next patient, F4 label, F9 slip, F8 away; the page covers itself at once when
// somebody goes away, and when the session ends.
// Everything here is also a visible button; without script the desk works by those.
(() => {
  "use strict";
  const IDLE_MS = 3 * 60 * 1000;
  const away = document.getElementById("away");

  const press = (id) => () => document.getElementById(id)?.click();
  const acts = {
    F2: press("next"),
    F4: press("label"),
    F8: () => away?.requestSubmit(),
    F9: press("slip"),
  };
  document.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (composing || modified || event.repeat || !(event.key in acts)) return;
    event.preventDefault();
    acts[event.key]();
  });

  const print = document.getElementById("print");
  if (print) {
    print.hidden = !document.querySelector(".answer, .label, table");
    print.addEventListener("click", () => window.print());
  }
  if (!away) return;

  // What was answered to a form is not asked for again by going back.
  if (document.querySelector(".answer, .label")) history.replaceState(null, "", "/desk");

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
  const empty = () => document.getElementById("main")?.replaceChildren();
  away.addEventListener("submit", () => {
    leaving = true;
    document.title = "";
    empty();
  });
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

  // The browser's memory keeps no patient: the page goes into it empty, and comes out of it fresh.
  addEventListener("pagehide", (event) => {
    if (event.persisted) empty();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.replace("/desk");
  });
})();
