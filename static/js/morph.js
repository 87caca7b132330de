// What polls is drawn anew in place, each row by its id: the focus stays where it is, and nothing that spends comes
// under a pointer in the moment of a click.
import { changed } from "./events.js";

const CARD = ".card";
// What stands for a request, or for a click of several; and where it leads.
const ROW = `${CARD}, .batch`;
const LINK = ".batch-title a, .prompt a, .tile";
// So long a button that spends rests where it has just come to be.
const SETTLING = 600;

// What was typed after the question was sent is newer than its answer, which knows the words of then.
const typedAt = new Map();
const askedAt = new WeakMap();
const FIELDS = ":is(input:not([type=file]), select, textarea)[id]";
let asked = Infinity;
let newer = [];
const brought = [];
document.addEventListener("input", ({ target }) => typedAt.set(target, performance.now()), { capture: true });
document.addEventListener("htmx:beforeSend", ({ detail }) => askedAt.set(detail.xhr, performance.now()));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  asked = askedAt.get(detail.xhr) ?? Infinity;
  // Wherever it stands: an answer may bring a form beside what it is about.
  for (const field of typedAt.keys()) if (!field.isConnected) typedAt.delete(field);
  newer = [...typedAt.keys()].filter((field) => field.matches(FIELDS) && typedAt.get(field) > asked).map(typed);
});

function typed({ id, value, checked, selectionStart, selectionEnd }) {
  return { id, value, checked, start: selectionStart, end: selectionEnd };
}

// A form of another model replaces the old one as a whole: its fields get what was typed meanwhile, and all that
// follows from it.
document.addEventListener("htmx:afterSwap", () => {
  brought.push(...newer.map(bring).filter(Boolean));
  newer = [];
});
// Only now does the new form listen.
document.addEventListener("htmx:afterSettle", () => {
  brought.splice(0).forEach(changed);
});

/** The field with what was typed; none where it has that already, or where the other model has no such choice. */
function bring({ id, value, checked, start, end }) {
  const field = document.getElementById(id);
  if (!field || (field.value === value && field.checked === checked)) return null;
  if (field.options && ![...field.options].some((option) => option.value === value)) return null;
  field.value = value;
  field.checked = checked;
  if (field === document.activeElement && Number.isInteger(start)) field.setSelectionRange(start, end);
  return field;
}

// A box that is emptied when it is sent has what was typed since, whichever answer comes.
const keepsWords = (element) => typedAt.get(element) > asked || "keepsWords" in element.dataset;

Object.assign(Idiomorph.defaults.callbacks, {
  // A ring runs since it was drawn; the newer one's beginning is that of the same time, counted from another moment.
  // What is folded out stays: it asks for itself.
  beforeNodeMorphed: (old) => !old.classList?.contains("ring") && !(old.dataset && "stays" in old.dataset),
  beforeAttributeUpdated: (name, element) =>
    name !== "aria-disabled" && !(name === "value" && keepsWords(element)),
});

// The last element that had the focus and was not left for nothing: a button that is switched off while its request
// runs, or that is gone with its row, has lost it to the body by the time the answer comes.
let last = null;
// Beside what may have lost it; null where an answer has nothing to do with it.
let rows = null;
// A picture's tags or collections, when they are drawn anew, and which of them the focus was on or behind.
let list = null;
let at = 0;
// What stood in front of a link that reads on and had the focus: rows come in its place.
let front = null;
let places = new Map();
// The rows that stood there before the answer, and whether one sees what comes in front of the one that it is for.
let known = new Set();
let seesFront = true;
// The row of what was pressed, and where it stood.
let pressed = { row: null, top: 0 };

document.addEventListener("focusin", (event) => {
  last = event.target;
});
document.addEventListener(
  "pointerdown",
  () => {
    last = null;
  },
  { capture: true },
);

const spending = () =>
  [...document.querySelectorAll(`:is(${ROW}) button:has([name="price"])`)].filter(
    (button) => button !== document.activeElement,
  );
const place = (button) => {
  const { left, top } = button.getBoundingClientRect();
  return { left, top };
};

// Who leaves a box by Esc means it: the next key is no letter of its words.
document.addEventListener(
  "keydown",
  ({ key }) => {
    if (key === "Escape") last = null;
  },
  { capture: true },
);

document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig } }) => {
  places = new Map(spending().map((button) => [button, place(button)]));
  known = new Set([...document.querySelectorAll(ROW)].map((row) => row.id));
  seesFront = target.getBoundingClientRect().top >= 0;
  const row = requestConfig.elt.closest(ROW);
  pressed = { row, top: row?.getBoundingClientRect().top };
  const isDrawnAnew = requestConfig.elt.matches('[hx-swap^="morph"]') && target.contains(last);
  rows = last?.closest(ROW) || isDrawnAnew ? rowsFrom(last) : null;
  list = isDrawnAnew && target.matches(".collect") ? target : null;
  const isBefore = (link) => link.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING;
  at = list ? [...list.querySelectorAll("a[href]")].findLastIndex(isBefore) : 0;
  front = target.matches("#sitting-older") && target.contains(last) ? target.previousElementSibling : null;
});
// What comes beside an answer, as the banner with that of the header, has no rows.
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => {
  if (target.contains(last)) rows ??= [];
});

/** The row of an element and those below it, then those above it. */
function rowsFrom(element) {
  const all = [...document.querySelectorAll(ROW)];
  const own = element.closest(ROW);
  const isBelow = (row) => element.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING;
  const at = all.findIndex((row) => row === own || isBelow(row));
  const above = at < 0 ? all : all.slice(0, at);
  return [...all.slice(above.length), ...above.reverse()].map((row) => row.id);
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (front?.nextElementSibling) rows = rowsFrom(front.nextElementSibling);
  const asked = askedFor(detail);
  if (asked) {
    if (seesFront) rows = [asked.id, ...(rows ?? [])];
    else stay();
    // What is pressed twice stops nothing of it, and follows no link.
    asked.querySelectorAll("a, button").forEach(rest);
  }
  keepFocus();
  for (const button of spending()) {
    const before = places.get(button);
    const now = place(button);
    if (!before || Math.hypot(now.left - before.left, now.top - before.top) > 3) rest(button);
  }
});

/** The row that was asked for just now, in front of the one that it was asked from; null where none has come. */
function askedFor({ requestConfig, target }) {
  const row = requestConfig?.verb === "post" ? target.previousElementSibling : null;
  return row?.matches(ROW) && !known.has(row.id) ? row : null;
}

/** Whoever has scrolled past what they asked for stays where they are, and is told. */
function stay() {
  const root = document.documentElement;
  root.classList.add("keeps-place");
  scrollBy({ top: pressed.row.getBoundingClientRect().top - pressed.top, behavior: "instant" });
  requestAnimationFrame(() => requestAnimationFrame(() => root.classList.remove("keeps-place")));
  document.dispatchEvent(new CustomEvent("live:say", { detail: "Asked for. It stands above this click." }));
}

/** What has just been folded up holds the focus until it is drawn. */
const isLost = () => document.activeElement === document.body || !document.activeElement.checkVisibility();

function keepFocus() {
  if (!last || !isLost()) return;
  const folded = last.isConnected ? last.closest("details:not([open])")?.querySelector("summary") : null;
  for (const place of [last, folded]) if (place?.isConnected && isLost()) place.focus({ preventScroll: true });
  if (!isLost() || !rows) return;
  // Never to another button: the next key would press it.
  const links = rows.flatMap((id) => [...(document.getElementById(id)?.querySelectorAll(LINK) ?? [])]);
  for (const link of [...links, ...besideInList(), document.getElementById("main")]) {
    link?.focus({ preventScroll: true });
    if (!isLost()) return;
  }
}

/** Of these the link in the place of the one that went, or what adds another one. */
function besideInList() {
  if (!list?.isConnected) return [];
  const links = [...list.querySelectorAll("a[href]")];
  return [links[Math.max(at, 0)], links.at(-1), list.querySelector('summary, input:not([type="hidden"])')];
}

function rest(pressed) {
  pressed.setAttribute("aria-disabled", "true");
  setTimeout(() => pressed.removeAttribute("aria-disabled"), SETTLING);
}

document.addEventListener(
  "click",
  (event) => {
    if (!event.target.closest?.(':is(a, button)[aria-disabled="true"]')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

// htmx looks at what it has put in some milliseconds later. A key can be faster: its form would load the whole page.
document.addEventListener(
  "submit",
  ({ target, submitter }) => {
    if (!target.matches("[hx-post], [hx-get]")) return;
    htmx.process(target);
    if (!submitter) return;
    // Where it looked anew it has forgotten the button, which may be all that keeps a form from spending; and of one
    // outside its form it has not heard yet.
    htmx.process(submitter);
    submitter.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  },
  { capture: true },
);

// A click before the form of another model has come is sent, and not dropped: the price that it posts is the one that
// was read, and the answer brings the form. The second abort is for the change that waited behind the first one. A form
// that is itself on its way may be paid already: its answer is waited for.
document.addEventListener(
  "submit",
  ({ target }) => {
    if (!target.matches("#create-form, [data-composer], .operation-form")) return;
    if (target.classList.contains("htmx-request")) return;
    for (let changes = 0; changes < 2; changes += 1) htmx.trigger(target, "htmx:abort");
  },
  { capture: true },
);
