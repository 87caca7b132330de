// What moves while one looks: seconds that count, and words when a request of htmx is refused.
import { isDone, reasonIn } from "./events.js";

function about(seconds) {
  if (seconds < 3) return "a few seconds";
  if (seconds < 90) return `about ${seconds < 20 ? Math.round(seconds) : 5 * Math.round(seconds / 5)} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

function count() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    time.textContent = `${Math.max(0, Math.round((Date.now() - Date.parse(time.dataset.since)) / 1000))} s`;
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    time.textContent = about((Date.parse(time.dataset.until) - Date.now()) / 1000);
  }
}

setInterval(count, 1000);
document.addEventListener("htmx:afterSwap", count);
count();

function say(words) {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = words;
  const notices = document.getElementById("notices");
  // What one can still press stays: the way back from the last deed above all.
  for (const old of [...notices.children]) if (!old.querySelector("button")) old.remove();
  notices.append(notice);
  // Long enough to be read.
  setTimeout(() => notice.remove(), Math.max(6000, 90 * words.length));
}

document.addEventListener("live:say", ({ detail }) => say(detail));

// A form that has just come hears nothing until htmx has looked at it: what is chosen in that moment is said once more,
// or the button would show the price of what was chosen before.
const PRICER = '[hx-trigger*="data-priced"]';
const looked = new WeakSet();
let unheard = null;
document.addEventListener("change", ({ target }) => {
  const pricer = target.matches("[data-priced]") && target.form?.querySelector(PRICER);
  if (pricer && !looked.has(pricer)) unheard = target;
});
document.addEventListener("htmx:afterProcessNode", ({ target }) => {
  looked.add(target);
  if (!unheard || !target.matches(PRICER)) return;
  const field = unheard;
  unheard = null;
  if (target.closest("form") === field.form) field.dispatchEvent(new Event("change", { bubbles: true }));
});

// What a form that spends says of its price: in the form, or beside all that spend on the same picture.
const PRICE_ERROR = '[data-error-for="price"]';
const around = (element) => element.closest(".actions") ?? element.closest("form");
// So long a new price is there to be read before it can be paid: the second click of a double click comes too soon.
const READING = 600;

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr?.status !== 422) return;
  for (const message of document.querySelectorAll(PRICE_ERROR)) {
    const buttons = [...around(message).querySelectorAll("button:is(:not(:disabled), [data-disabled-by-htmx])")];
    const spending = buttons.filter((button) => button.querySelector("[name=price]"));
    for (const button of spending) {
      button.disabled = true;
      // The one that was pressed is still switched off for its request, and would be on again when that ends.
      button.removeAttribute("data-disabled-by-htmx");
    }
    setTimeout(() => spending.forEach((button) => (button.disabled = false)), READING);
    const focused = document.activeElement;
    if (focused === document.body || spending.includes(focused)) message.focus();
  }
});
// The next answer makes it old: another price for another choice, or what was asked for.
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isDone(event.detail)) return;
  around(event.detail.elt)
    ?.querySelectorAll(PRICE_ERROR)
    .forEach((message) => message.remove());
});

// A form with messages takes its place; a whole page that says why takes none, and its words are said as others are.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 422 || !reasonIn(detail.xhr.responseText)) return;
  Object.assign(detail, { shouldSwap: false, isError: true });
});
// A tag that the list asks for has another name since, or is gone: what would follow here is of another list.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!/<nav [^>]*data-unsearched/.test(detail.xhr.responseText)) return;
  if (document.querySelector("[data-search-problem]")) return;
  detail.shouldSwap = false;
  location.reload();
});
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  if (status !== 401) say(reasonIn(responseText) || "That did not work; what was already generated is kept.");
});
// A button that is switched off while its request runs loses the focus: who is refused goes on there, and so does who
// presses one that is drawn anew. What was done is not done once more by the next key.
const pressed = new WeakMap();
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  const button = document.activeElement;
  if (button.matches("button") && elt.contains(button)) pressed.set(elt, button);
});
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
  // The form itself may be gone by then.
  const button = pressed.get(requestConfig?.elt);
  pressed.delete(requestConfig?.elt);
  if (!button || document.activeElement !== document.body) return;
  const same = button.isConnected ? !successful && button : document.getElementById(button.id);
  if (same) same.focus({ preventScroll: true });
});
// Polls fail while the server restarts; only what a person did is worth a word.
const DEEDS = new Set(["click", "toggle", "submit", "input", "change"]);
document.addEventListener("htmx:sendError", ({ detail: { requestConfig } }) => {
  if (requestConfig.verb === "post" || DEEDS.has(requestConfig.triggeringEvent?.type))
    say("The server cannot be reached.");
});

// What asks only once asks again when it is folded out again, or scrolled to.
const AGAIN = 3000;
function rearm(element) {
  element.removeAttribute("data-hx-revealed");
  // To htmx an element with another attribute is a new one.
  element.dataset.failed = String(Number(element.dataset.failed ?? 0) + 1);
  htmx.process(element);
}
for (const kind of ["htmx:sendError", "htmx:responseError"])
  document.addEventListener(kind, ({ detail: { elt } }) => {
    const trigger = elt?.getAttribute?.("hx-trigger") ?? "";
    if (/\bonce\b/.test(trigger)) setTimeout(rearm, 0, elt);
    else if (/\brevealed\b/.test(trigger)) setTimeout(rearm, AGAIN, elt);
  });

/** What was asked for, whose card has no place here any more. */
function sayAskedFor(text) {
  const card = new DOMParser().parseFromString(text, "text/html").querySelector(".card[data-generation]");
  const counter = document.getElementById("queue-count");
  if (!card) return;
  say(`Asked for: generation ${card.dataset.generation}. It stands in the queue.`);
  if (counter) htmx.trigger(counter, "look");
}

// Of what was sent by a form that is gone when its answer comes, as with the picture before, htmx tells only that form.
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  let gone = false;
  xhr.addEventListener("readystatechange", () => {
    if (xhr.readyState === XMLHttpRequest.DONE) gone = !requestConfig.elt.isConnected;
  });
  const tell = (name, more) => gone && htmx.trigger(document.body, name, more);
  xhr.addEventListener("error", () => tell("htmx:sendError", detail));
  xhr.addEventListener("load", () => {
    if (xhr.status >= 400 && xhr.status !== 422) return tell("htmx:responseError", detail);
    if (gone && requestConfig.verb === "post") sayAskedFor(xhr.responseText);
    const told = JSON.parse(xhr.getResponseHeader("HX-Trigger") || "{}");
    for (const [name, more] of Object.entries(told)) tell(name, more);
  });
});

// The header asks while somebody looks, and at once when they look again. Who is signed out goes on reading.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-while-seen]")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const asks = document.querySelector("[data-while-seen]");
  if (asks && !document.hidden) htmx.trigger(asks, "look");
});
// What was cancelled waits no longer: the number goes at once.
const QUEUE = /^(cancel|pause|resume|dismiss|run-again|run-cancelled-again)(-batch)?$/;
document.addEventListener("htmx:afterRequest", ({ detail: { successful, requestConfig } }) => {
  const asks = document.querySelector("[data-while-seen]");
  // The form itself may be gone by then.
  if (asks && successful && QUEUE.test(requestConfig?.elt.dataset.action ?? "")) htmx.trigger(asks, "look");
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status === 401 && event.target.matches("[data-while-seen]")) event.preventDefault();
});
