// The draft of the composer: saved while one types and on leaving, taken over when another device has changed it.
// Without this file every button of the form saves it.
import { isPlain } from "./events.js";
import { forget, keepHere, keptHere } from "./unsaved.js";

// So long after the last key.
const PAUSE = 600;
// So long a click on a link waits for words that are on their way.
const PATIENCE = 1500;
// A server that is down or overburdened is asked again after so long, then after longer and longer.
const RETRY = 5000;
const MOST_WAITING = 60_000;
// Browsers let a page that is left send no more.
const PARTING = 60_000;
const UNKEPT = "What you typed could not be kept on the server. It stays in this page.";
const SPENDS = new Set(["submission", "price", "composer"]);

// Names this page to the server: what it sends late is not taken for another device's.
const word = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const state = {
  number: 0,
  timer: 0,
  dirty: false,
  replaces: false,
  saving: null,
  // What it sends.
  sent: "",
  // Whether a post of the form, which saves it as well, is on its way.
  posting: false,
  failures: 0,
  taking: false,
  typed: new Set(),
};

export const form = () => document.querySelector("form[data-draft]");
const revision = () => document.getElementById("draft-revision");
const header = () => document.querySelector("[data-draft-revision]");

function body(of, more = {}) {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(of))
    if (typeof value === "string" && !SPENDS.has(name)) data.append(name, value);
  for (const [name, value] of Object.entries(named(more))) data.set(name, value);
  if (state.replaces) data.set("draft-fill", "1");
  state.replaces = false;
  return data;
}

function named(more = {}) {
  state.number += 1;
  return { page: word, save: String(state.number), ...more };
}

function schedule(after = PAUSE) {
  state.dirty = true;
  clearTimeout(state.timer);
  state.timer = setTimeout(save, after);
}

/** Whether the server has all that stands in the form. */
export const isKept = () => !(state.dirty || state.saving || form().hasAttribute("data-unsaved"));

/** One save at a time, so that each is typed over the one before. Whether it stands. */
export async function save(more) {
  clearTimeout(state.timer);
  while (state.saving) await state.saving;
  const of = form();
  if (!of) return false;
  state.dirty = false;
  const data = body(of, more);
  state.sent = data.toString();
  state.saving = send(of, data);
  const stands = await state.saving;
  state.saving = null;
  look();
  return stands;
}

async function send(of, data) {
  const text = data.toString();
  let answer;
  try {
    answer = await fetch(of.dataset.draft, {
      method: "POST",
      body: data,
      keepalive: text.length < PARTING,
      headers: { "HX-Request": "true" },
    });
  } catch {
    later(of, text);
    return false;
  }
  if (isDown(answer)) later(of, text);
  if (answer.status === 401) {
    keepHere(of, text);
    document.dispatchEvent(new CustomEvent("draft:signed-out"));
    return false;
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) saved(of, said);
  else if (answer.status === 409) released.then(offer);
  else released.then(() => tell(said.error ?? UNKEPT));
  return answer.ok;
}

// A line that comes while a button is pressed would move it away from under the pointer, and the press would be lost.
let released = Promise.resolve();
document.addEventListener(
  "pointerdown",
  () => {
    released = new Promise((done) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(done), { once: true });
    });
  },
  { capture: true },
);

/** Whether the same may be taken a little later. */
const isDown = ({ status }) => status >= 500 || status === 429;

function later(of, text) {
  keepHere(of, text);
  // It is still to put aside what stood there before.
  state.replaces ||= new URLSearchParams(text).has("draft-fill");
  schedule(waiting());
}

function waiting() {
  state.failures += 1;
  return Math.min(MOST_WAITING, RETRY * 2 ** (state.failures - 1));
}

function saved(of, said) {
  state.failures = 0;
  if (revision()) revision().value = said.revision;
  of.removeAttribute("data-unsaved");
  of.querySelector("[name=draft-fill]")?.remove();
  // The address fills the form each time it is loaded: a page that has done so once takes the draft.
  if (location.search) history.replaceState({ ...history.state, filled: true }, "");
  forget();
  forget(sessionStorage);
  tell("");
}

async function bringBack(store) {
  const of = form();
  const kept = keptHere(of, store);
  if (kept === null) return;
  const data = new URLSearchParams(kept);
  data.set("csrfmiddlewaretoken", of.elements.namedItem("csrfmiddlewaretoken").value);
  let answer;
  try {
    answer = await fetch(of.dataset.draft, { method: "POST", body: data, headers: { "HX-Request": "true" } });
  } catch {
    answer = { status: 503 };
  }
  if (isDown(answer)) return void setTimeout(() => bringBack(store), waiting());
  if (answer.status === 401) return;
  forget(store);
  const said = await answer.json().catch(() => ({}));
  while (state.saving) await state.saving;
  const isNewer = answer.ok && said.revision > Number(revision()?.value);
  // What has filled the form since, by a link, is newer still, and replaces just that.
  if (isNewer && form().hasAttribute("data-unsaved")) revision().value = said.revision;
  else if (isNewer) renew();
  else if (answer.status === 409) tell("What you typed before is kept in History.");
}

/** A line of words before the form, with buttons; none without words. */
export function tell(words, ...buttons) {
  const old = document.getElementById("draft-notice");
  if (!words) return old?.remove();
  const line = Object.assign(document.createElement("p"), { id: "draft-notice", className: "create-elsewhere" });
  line.setAttribute("role", "status");
  line.append(words);
  for (const [label, act] of buttons) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", act);
    line.append(" ", button);
  }
  if (old) old.replaceWith(line);
  else form()?.before(line);
}

function offer() {
  if (document.querySelector("#draft-notice button")) return;
  tell(
    "Changed on another device.",
    ["Take it", take],
    ["Keep mine", () => save({ insists: "1" }).then(() => form()?.querySelector("textarea")?.focus())],
  );
}

async function take() {
  const of = form();
  clearTimeout(state.timer);
  Object.assign(state, { dirty: false, typed: new Set() });
  of.removeAttribute("data-unsaved");
  tell("");
  const address = of.matches("[data-composer]") ? `${of.dataset.draft}?composer=1` : of.dataset.draft;
  state.taking = true;
  try {
    await htmx.ajax("GET", address, { target: of, swap: "morph:outerHTML" });
  } finally {
    state.taking = false;
  }
}

// Who has begun to type before it came keeps what is typed, and what was filled in meanwhile stays.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { path = "", verb } = detail.requestConfig ?? {};
  const isTaken = verb === "get" && form() && path.split("?")[0] === form().dataset.draft && detail.target === form();
  if (isTaken && !isKept()) detail.shouldSwap = false;
});

/** Whether another device has saved since: its words come, but never into a box that somebody types in. */
function look() {
  const there = Number(header()?.dataset.draftRevision);
  if (form() && !state.saving && !state.taking && there > Number(revision()?.value)) renew();
}

function renew() {
  if (state.dirty || state.typed.has(document.activeElement)) offer();
  else take();
}

const ask = () => header() && htmx.trigger(header(), "look");
const isOurs = (element) => element?.closest?.("form[data-draft]");

document.addEventListener("input", ({ target, isTrusted }) => {
  if (!isOurs(target)) return;
  if (isTrusted) state.typed.add(target);
  schedule();
});
// Another text comes into the box: what stood there is put aside as it was.
document.addEventListener("draft:replaced", async () => {
  if (state.dirty) await save();
  state.replaces = true;
});
document.addEventListener("change", ({ target }) => isOurs(target) && schedule());
document.addEventListener("focusout", ({ target }) => {
  if (isOurs(target) && state.dirty) save();
});

// Every post of the form saves it as well.
function posted(of) {
  clearTimeout(state.timer);
  state.dirty = false;
  for (const [name, value] of Object.entries(named())) {
    const field = of.querySelector(`input[name=${name}]`) ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    of.append(field);
  }
}
document.addEventListener(
  "submit",
  // Buttons that lead elsewhere do not come here: create.js lets the browser have them, and leaving saves.
  ({ target }) => {
    if (target.matches("form[data-draft]")) posted(target);
  },
  { capture: true },
);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!isOurs(detail.elt) || detail.verb !== "post" || detail.path !== form().getAttribute("action")) return;
  clearTimeout(state.timer);
  state.dirty = false;
  state.posting = true;
  for (const [name, value] of Object.entries(named())) detail.parameters[name] = value;
});
// What was posted and not taken is saved by itself; to htmx a form with messages is a success.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful, xhr } }) => {
  if (requestConfig?.verb !== "post" || requestConfig.path !== form()?.getAttribute("action")) return;
  state.posting = false;
  if (!successful && xhr.status !== 401) schedule(waiting());
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig?.elt?.matches("[data-use-prompt]")) {
    state.replaces = true;
    save();
  }
  // Once, though each part of an answer settles: the next form comes without this mark.
  if (form()?.matches("[data-unsaved]:not([data-sending])")) {
    form().dataset.sending = "";
    save();
  }
});
document.addEventListener("htmx:afterSwap", look);

function leave() {
  const of = form();
  if (!of) return;
  // What has just been filled may not have been sent yet, and what was posted not be answered.
  if (!state.dirty && !state.posting && !of.hasAttribute("data-unsaved")) {
    // A save that is on its way goes on; the next page asks what has become of it.
    if (state.saving) keepHere(of, state.sent, sessionStorage);
    return;
  }
  const data = body(of);
  state.dirty = false;
  if (!navigator.sendBeacon(of.dataset.draft, data)) keepHere(of, data.toString());
  keepHere(of, data.toString(), sessionStorage);
}
addEventListener("pagehide", leave);
// A page that is hidden may never be looked at again, and may go on.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !state.dirty) return;
  if (state.saving) leave();
  else save();
});

// The next page is drawn from the draft: it waits for what is on its way. Last, when nobody else took the click.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || !isPlain(event) || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (!(state.dirty || state.saving) || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  Promise.race([save(), patience]).finally(() => location.assign(link.href));
});

// What the tab has kept goes on every page (operation.js).
document.addEventListener("submit", ({ target }) => target.action?.endsWith("/accounts/logout/") && forget());

// A page out of the browser's memory may be older than the draft.
addEventListener("pageshow", ({ persisted }) => persisted && ask());
const arrived = performance.getEntriesByType("navigation")[0]?.type ?? "navigate";
const isBack = arrived !== "navigate";
if (isBack && history.state?.filled) take();
if (isBack) for (const after of [200, 1200]) setTimeout(ask, after);
// Where a browser forbids stores, or what stands there is not ours, what fills the form is saved all the same.
Promise.resolve()
  .then(() => bringBack(sessionStorage))
  .catch(() => {})
  .then(() => form()?.hasAttribute("data-unsaved") && save())
  .then(() => bringBack(localStorage));
// Who comes to the words by keyboard goes on at their end.
const words = form()?.querySelector("textarea");
words?.setSelectionRange(words.value.length, words.value.length);
