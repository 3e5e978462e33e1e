// Drives the card software on this computer through one sign-in, or one activation of a card: finds
// it, hands it the signed request, shows what it reports, and gives the card's answer to the server.
// No PIN and no code ever come here: the card software asks for them in a window of its own, and for
// a FeliCa card's PIN the server has a page of its own, to which this one leads.

const login = document.getElementById("login");
const status = document.getElementById("status");
const title = document.title;
const agents = login.dataset.agents.split(" ");
const { tx, verb } = login.dataset;

/** The request in the page is good for two minutes; after one, a new one is fetched. */
const REQUEST_FRESH_MS = 60_000;
/** A connection refused is told at once; one that hangs this long is most likely a question that
    the browser asks the person. */
const SLOW_MS = 2_500;
const PING_MS = 90_000;
const LOOK_AGAIN_MS = 2_000;
const LONGEST_LINE = 65_536;
/** A page that was left a moment ago may still hold the card software; that passes by itself. */
const BUSY_TRIES = 10;
const BUSY_PAUSE_MS = 300;

/** Aborted when the page goes away; the card software takes that as "cancelled". */
const leaving = new AbortController();
addEventListener("pagehide", () => leaving.abort());
addEventListener("pageshow", (event) => event.persisted && location.reload());

/** A refusal by its stable code, which names the screen to show. */
class Fault extends Error {
  constructor(code) {
    super(code);
    this.screen = code.replaceAll(".", "-");
  }
}

run();

async function run() {
  for (;;) {
    try {
      return await signIn();
    } catch (cause) {
      if (leaving.signal.aborted) return;
      show(screenOf(cause));
      await Promise.race([pressed("retry"), permissionChange()]);
    }
  }
}

async function signIn() {
  show("checking");
  await explainPermission();
  const agent = await findAgent();
  const [kind, answer] = await converse(agent, await takeRequest());
  show("verifying");
  const { next } = await post(`/login/${kind}`, { tx, [kind]: answer });
  show("done");
  location.replace(next);
}

function screenOf(cause) {
  const name = cause instanceof Fault ? cause.screen : "temporary";
  return template(name) ? name : "temporary";
}

// --- the browser's permission to talk to this computer ------------------------------------------

/** The browser's say on connections to this computer; undefined where it has none. */
async function permission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return await navigator.permissions.query({ name });
    } catch {
      // This browser does not know the permission by this name.
    }
  }
  return undefined;
}

/** Says what the browser is going to ask, before it asks. A page that comes from this computer
    itself is not asked. */
async function explainPermission() {
  const state = (await permission())?.state;
  if (state === "denied") throw new Fault("lna.denied");
  const local = location.hostname === "localhost" || location.hostname.endsWith(".localhost");
  if (state === "prompt" && !local) {
    show("permission");
    await pressed("proceed");
  }
}

/** Resolves when the person changes the permission, and never where there is none. */
async function permissionChange() {
  const known = await permission();
  return new Promise((resolve) => known?.addEventListener("change", resolve, { once: true }));
}

// --- the card software --------------------------------------------------------------------------

/** The address at which the card software answers; waits for it to be started. */
async function findAgent() {
  const end = 1000 * Number(login.dataset.seconds);
  while (performance.now() < end) {
    for (const agent of agents) {
      if (await answers(agent)) return agent;
    }
    leaving.signal.throwIfAborted();
    if ((await permission())?.state === "denied") throw new Fault("lna.denied");
    show("agent-none");
    await Promise.race([pause(LOOK_AGAIN_MS), pressed("retry")]);
  }
  throw new Fault("login.stale");
}

async function answers(agent) {
  const slow = setTimeout(() => show("permission-wait"), SLOW_MS);
  try {
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(PING_MS)]);
    const pong = await fetch(`${agent}/v1/ping`, { ...outside, signal });
    return pong.ok && (await pong.json()).name === "warifu-agent";
  } catch {
    return false;
  } finally {
    clearTimeout(slow);
  }
}

/** What a card answers with: a PKI card with a token, a FeliCa card with its MAC, or with nothing
    but its name. */
const ANSWERS = ["token", "felica", "idm"];

/** Hands over the request and follows the events until the card's answer, with its kind, or a fault. */
async function converse(agent, request) {
  let answer = await ask(agent, request);
  for (let tries = 0; answer.status === 409 && tries < BUSY_TRIES; tries += 1) {
    await pause(BUSY_PAUSE_MS);
    answer = await ask(agent, request);
  }
  if (answer.status === 409) throw new Fault("agent.busy");
  if (!answer.ok) throw new Fault("agent.refused");
  for await (const event of events(answer.body)) {
    const kind = ANSWERS.find((kind) => event[kind]);
    if (kind) return [kind, event[kind]];
    if (event.error) throw new Fault(event.error.code);
    follow(event, agent);
  }
  throw new Fault("agent.lost");
}

async function ask(agent, request) {
  const signal = leaving.signal;
  try {
    return await fetch(`${agent}/v1/${verb}`, { ...outside, ...json({ request }), signal });
  } catch {
    // A refusal may come without the header that would let this page read its status.
    throw new Fault("agent.refused");
  }
}

/** The lines of an NDJSON stream as objects. */
async function* events(body) {
  let rest = "";
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      if (rest.length > LONGEST_LINE) break;
      for (const line of lines) {
        if (line.trim()) yield JSON.parse(line);
      }
    }
    if (rest.trim()) yield JSON.parse(rest);
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault("agent.lost");
  }
}

/** The states in which the card software asks for something in its window, and those that open it. */
const ASKING = new Set(["choose-card", "pin", "pin-wrong", "code", "code-wrong", "new-pin"]);
const OPENING = new Set(["choose-card", "pin", "code"]);

/** How it asks, as the first event about it says. */
let prompted = {};

function follow(event, agent) {
  if (!ASKING.has(event.state)) {
    show(event.state);
    return;
  }
  if (event.prompt) prompted = { kind: event.prompt, url: ownAddress(event.url, agent) };
  const last = event.tries === 1 && event.state !== "new-pin";
  showAsking(last ? `${event.state}-last` : event.state, event.tries);
  if (OPENING.has(event.state) && prompted.url && navigator.userActivation?.isActive) openWindow();
}

/** Only the card software itself is shown in a window, whatever the event says. */
function ownAddress(url, agent) {
  return typeof url === "string" && url.startsWith(`${agent}/`) ? url : undefined;
}

function openWindow() {
  const opened = open(prompted.url, "warifu-pin", "popup,width=520,height=720");
  if (opened) opened.opener = null;
}

// --- the server ---------------------------------------------------------------------------------

let given = login.dataset.request;

/** A signed request for the card software, each used once. */
async function takeRequest() {
  const request = performance.now() < REQUEST_FRESH_MS ? given : "";
  given = "";
  return request || (await post("/login/request", { tx })).request;
}

async function post(path, body) {
  const answer = await fetch(path, { ...json(body), signal: leaving.signal });
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Fault(document.code ?? "temporary");
  return document;
}

function json(body) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body), cache: "no-store" };
}

const outside = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };

// --- the page -----------------------------------------------------------------------------------

function template(name) {
  return document.querySelector(`template[data-screen="${CSS.escape(name ?? "")}"]`);
}

/** Shows a screen at its step, says it once, and keeps the focus where it is unless it would be
    lost with what is replaced. */
function show(name, fill) {
  const next = template(name);
  if (!next || (login.dataset.screen === name && !fill)) return;
  const box = next.content.cloneNode(true);
  fill?.(box);
  const heading = box.querySelector("h3");
  const said = [...box.querySelectorAll("[data-said]")].map(textOf);
  const focused = [...login.querySelectorAll(".say")].some((say) => say.contains(document.activeElement));
  place(box, next.dataset.step, "failed" in next.dataset, name === "done");
  login.dataset.screen = name;
  status.textContent = said.map(ended).join(" ");
  document.title = `${said[0]} - ${title}`;
  if (focused) heading.focus();
}

/** A sentence with its stop, so that it is not read into the next. */
function ended(sentence) {
  const stop = document.documentElement.lang === "ja" ? "。" : ".";
  return /[.。]$/.test(sentence) ? sentence : sentence + stop;
}

/** What is read out: everything but what is hidden from readers or does not apply. */
function textOf(part) {
  const left = part.dataset.left;
  const said = left ? part.querySelector(`[data-tries="${left}"]`) : part;
  const read = said.cloneNode(true);
  for (const hidden of read.querySelectorAll("rt, rp")) hidden.remove();
  return read.textContent.trim();
}

function place(box, name, failed, finished) {
  let state = "done";
  for (const step of login.querySelectorAll(".step")) {
    const here = step.id === `step-${name}`;
    step.querySelector(".say").replaceChildren(...(here ? [box] : []));
    if (here) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
    step.dataset.state = here && !finished ? (failed ? "failed" : "now") : state;
    if (here) state = "todo";
  }
}

/** The dots of the tries: full ones are left. */
let mostTries = 0;

function showAsking(name, tries) {
  show(name, (box) => {
    const line = box.querySelector(".tries");
    if (tries === undefined) line.remove();
    else showTries(line, tries);
    for (const part of box.querySelectorAll("[data-prompt]")) {
      part.hidden = part.dataset.prompt !== prompted.kind;
    }
    const link = box.getElementById("open-pin");
    if (prompted.url) link.href = prompted.url;
    else link.parentElement.hidden = true;
  });
}

function showTries(line, tries) {
  mostTries = Math.min(Math.max(mostTries, tries, 3), 15);
  line.dataset.left = tries === 1 ? "one" : "many";
  const sentence = line.querySelector(`[data-tries="${line.dataset.left}"]`);
  const texts = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace("{n}", tries);
  line.querySelector(".dots").textContent = "●".repeat(tries) + "○".repeat(mostTries - tries);
}

/** Resolves at the next press, and never where there is no such button. */
function pressed(id) {
  return new Promise((resolve) => {
    const button = document.getElementById(id);
    if (button) button.onclick = resolve;
  });
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
