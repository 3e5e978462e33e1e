// A file of coverage in pieces: it goes on where it broke off, after a lost connection by itself and
// after a reload once the same file is chosen again. Without script the form sends it in one go.
(() => {
  "use strict";
  const PIECE = 4 << 20;
  const DIGEST_BLOCK = 1 << 20;
  const LONGEST_WAIT_MS = 30_000;
  const SILENCE_MS = 120_000;
  const SPOKEN_MS = 10_000;

  const form = document.querySelector("form[data-upload]");
  const panel = document.getElementById("upload-sending");
  if (!form || !panel || !globalThis.crypto?.subtle) return;

  const button = form.querySelector("button");
  const bar = panel.querySelector("progress");
  const shown = document.getElementById("upload-shown");
  const spoken = document.getElementById("upload-spoken");
  const pause = document.getElementById("upload-pause");
  const say = (key, gaps = {}) =>
    (panel.dataset[key] ?? "").replace(/\[(\w+)\]/g, (_, gap) => gaps[gap] ?? "");
  const tell = (text) => {
    shown.textContent = text;
    spoken.textContent = text;
  };
  const language = document.documentElement.lang;
  const megabytes = (bytes) =>
    (bytes / 1e6).toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

  class Leave extends Error {
    constructor(to) {
      super("leave");
      this.to = to;
    }
  }
  let stop = new AbortController();

  // What can be tried again throws as fetch does; what cannot leaves the page.
  const ask = async (url, options = {}) => {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(SILENCE_MS)]);
    const answer = await fetch(url, { redirect: "manual", ...options, signal });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      throw new Leave(location.href);
    }
    if (answer.ok) return answer.json();
    if (answer.status === 409) return null;
    if (answer.status === 422) throw new Leave((await answer.json()).to);
    throw new TypeError(String(answer.status));
  };

  const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // SHA-256 over the SHA-256s of each block.
  const digest = async (file, length) => {
    const blocks = [];
    for (let at = 0; at < length; at += DIGEST_BLOCK) {
      const block = file.slice(at, Math.min(at + DIGEST_BLOCK, length));
      blocks.push(...(await hash(await block.arrayBuffer())));
    }
    return hex(await hash(Uint8Array.from(blocks)));
  };

  const wait = (ms) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      addEventListener("online", resolve, { once: true });
      const stopped = () => {
        clearTimeout(timer);
        reject(stop.signal.reason);
      };
      stop.signal.addEventListener("abort", stopped, { once: true });
    });

  let lastSpoken = -SPOKEN_MS;
  const progress = (sent, file, began) => {
    bar.max = file.size;
    bar.value = sent;
    const seconds = (performance.now() - began.at) / 1000;
    const rate = seconds > 0 ? (sent - began.sent) / seconds : 0;
    const left = rate > 0 ? Math.ceil((file.size - sent) / rate) : 0;
    const gaps = { sent: megabytes(sent), all: megabytes(file.size), rate: megabytes(rate) };
    const time = left < 60 ? say("seconds", { left }) : say("minutes", { left: Math.ceil(left / 60) });
    const text = `${say("progress", gaps)} ${rate > 0 ? time : ""}`;
    shown.textContent = text;
    if (performance.now() - lastSpoken < SPOKEN_MS) return;
    lastSpoken = performance.now();
    spoken.textContent = text;
  };

  // From where it goes on, shown and said at once.
  const resume = (sent, file) => {
    bar.max = file.size;
    bar.value = sent;
    tell(say("resumed", { sent: megabytes(sent), all: megabytes(file.size) }));
    lastSpoken = performance.now();
  };

  // Sends what is missing; gives back only when all of it is there.
  const send = async (file, href, from) => {
    let sent = from;
    let began = { at: performance.now(), sent };
    let waiting = 1000;
    if (from > 0) resume(from, file);
    for (;;) {
      try {
        const end = Math.min(sent + PIECE, file.size);
        const whole = end === file.size;
        const body = await file.slice(sent, end).arrayBuffer();
        const headers = { "content-type": "application/octet-stream" };
        const url = `${href}/file?offset=${sent}&whole=${whole}`;
        const taken = await ask(url, { method: "POST", headers, body });
        sent = taken ? end : await place(href);
        if (whole && taken) return;
        waiting = 1000;
        progress(sent, file, began);
      } catch (error) {
        if (error instanceof Leave || stop.signal.aborted) throw error;
        if (error.name === "NotReadableError" || error.name === "NotFoundError") throw error;
        tell(say("broken"));
        await wait(waiting);
        waiting = Math.min(waiting * 2, LONGEST_WAIT_MS);
        const there = await place(href).catch((again) => {
          if (again instanceof Leave) throw again;
          return null;
        });
        if (there === null) continue;
        sent = there;
        resume(sent, file);
        began = { at: performance.now(), sent };
      }
    }
  };

  // Where the file ends that is there. One that is whole has a page of its own.
  const place = async (href) => {
    const soFar = await ask(`${href}/file`);
    if (!soFar) throw new Leave(href);
    return soFar.bytes;
  };

  const begin = async (file) => {
    const fields = new FormData(form);
    const asked = { insurer: fields.get("insurer"), kind: fields.get("kind"), name: file.name };
    const options = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
    };
    const begun = await ask("/insurer/upload/begin", options);
    return { href: begun.to, from: 0 };
  };

  // The file that was begun, if it is the one that was chosen.
  const goOn = async (file, href) => {
    const soFar = await ask(`${href}/file`);
    if (!soFar) throw new Leave(href);
    tell(say("comparing"));
    const same = file.size >= soFar.bytes && (await digest(file, soFar.bytes)) === soFar.digest;
    return same ? { href, from: soFar.bytes } : null;
  };

  let sending = false;
  const run = async (file) => {
    const known = form.dataset.upload;
    tell(say("beginning"));
    const begun = known ? await goOn(file, known) : await begin(file);
    if (!begun) return tell(say("other"));
    form.dataset.upload = begun.href;
    const cancel = document.getElementById("upload-cancel");
    cancel.href = `${begun.href}/abandon`;
    cancel.hidden = false;
    pause.hidden = false;
    await send(file, begun.href, begun.from);
    sending = false;
    location.assign(begun.href);
  };

  form.addEventListener("submit", async (event) => {
    const file = form.querySelector("input[type=file]").files[0];
    if (!file || (file.size === 0 && !form.dataset.upload)) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    stop = new AbortController();
    panel.hidden = false;
    // Not disabled: the focus would be nowhere.
    button.setAttribute("aria-disabled", "true");
    try {
      await run(file);
    } catch (error) {
      if (error instanceof Leave) {
        sending = false;
        location.assign(error.to);
        return;
      }
      tell(say(stop.signal.aborted ? "paused" : "unreadable"));
    }
    sending = false;
    button.removeAttribute("aria-disabled");
    if (document.activeElement === pause) button.focus();
    pause.hidden = true;
  });
  pause.addEventListener("click", () => stop.abort());
  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
  if (form.dataset.upload) form.closest("section").hidden = false;
})();
