// Favourites and ratings: by keys in the grid and on a picture, by the star of a tile; and what is known of them
// wherever the picture stands on the page. The line that says what was done has its way back.
import { isDone, isTyping } from "./events.js";

const form = document.getElementById("judge-by-key");
// By picture, as long as anything of it is on its way: the element that sends, what was known before, and what was
// pressed meanwhile, which is newer than any answer. One at a time is sent, in the order of the keys.
const ways = new Map();
let last = null;

const all = (id) => document.querySelectorAll(`:is(.tile, .picture)[data-image="${CSS.escape(id)}"]`);

function show(id, favourite, rating) {
  for (const each of all(id)) {
    each.dataset.favourite = String(favourite);
    each.dataset.rating = String(rating);
  }
  showMarks(id, String(favourite) === "true", Number(rating));
  press();
}

/** The buttons beside a picture. */
function showMarks(id, favourite, rating) {
  const star = document.getElementById(`favourite-${id}`);
  if (!star) return;
  star.setAttribute("aria-pressed", String(favourite));
  star.textContent = favourite ? "★" : "☆";
  for (const button of star.closest(".marks").querySelectorAll('[name="rating"]')) {
    const number = Number(button.value);
    if (number) button.setAttribute("aria-pressed", String(number === rating));
    button.toggleAttribute("data-on", number > 0 && rating >= number);
  }
}

/** The star above a tile is that of its picture. */
function press() {
  const star = document.querySelector("#quick [data-quick-favourite]");
  const tile = star?.closest("#quick").previousElementSibling;
  if (tile) star.setAttribute("aria-pressed", String(tile.dataset.favourite === "true"));
}

/** What is known of a picture, with all that was pressed since. */
const shown = (way) => ({ ...way.known, ...way.sent, ...way.wanted });

function send(picture, field, value) {
  const { image, favourite = "false", rating = "0" } = picture.dataset;
  last = picture;
  if (!ways.has(image)) {
    // It stays where it is whatever becomes of the picture, so that nothing that was pressed is dropped.
    const element = Object.assign(document.createElement("span"), { hidden: true });
    element.dataset.judges = image;
    form.after(element);
    ways.set(image, { element, known: { favourite, rating }, sent: {}, wanted: {} });
  }
  const way = ways.get(image);
  // Behind what was pressed before it.
  delete way.wanted[field];
  way.wanted[field] = value;
  // At once: a key that is pressed twice takes back what it did.
  show(image, shown(way).favourite, shown(way).rating);
  if (!way.busy) next(image, way);
}

function next(image, way) {
  const [field, value] = Object.entries(way.wanted)[0] ?? [];
  way.sent = {};
  if (!field) {
    ways.delete(image);
    return way.element.remove();
  }
  delete way.wanted[field];
  Object.assign(way, { sent: { [field]: value }, busy: true });
  const to = { source: way.element, target: "#undo", swap: "afterbegin", values: valuesOf(field, value) };
  // What did not work is said by live.js.
  htmx.ajax("POST", addressOf(image, field), to).catch(() => {});
}

function addressOf(image, field) {
  const [start, end] = form.dataset[`${field === "rating" ? "rate" : "favourite"}Of`].split("0", 2);
  return `${start}${image}${end}`;
}

const valuesOf = (field, value) => ({
  csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
  [field]: value,
});

const wayOf = (element) => (element?.dataset?.judges ? ways.get(element.dataset.judges) : null);

// An answer is older than what was pressed since; and where there was none, what was known before is so still.
document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  const way = wayOf(elt);
  if (!way) return;
  const { judges } = elt.dataset;
  const [field] = Object.keys(way.sent);
  if (!successful && !(field in way.wanted)) {
    delete way.sent[field];
    show(judges, shown(way).favourite, shown(way).rating);
  }
  // When htmx has done with this one.
  setTimeout(next, 0, judges, way);
});
for (const kind of ["htmx:oobAfterSwap", "htmx:afterSettle"])
  document.addEventListener(kind, () => {
    for (const [image, way] of ways) show(image, shown(way).favourite, shown(way).rating);
  });

// What is still to be sent when the page is left goes with it.
addEventListener("pagehide", () => {
  for (const [image, way] of ways)
    for (const [field, value] of Object.entries(way.wanted))
      navigator.sendBeacon(addressOf(image, field), new URLSearchParams(valuesOf(field, value)));
});

const subject = () =>
  document.querySelector("#viewer .picture[data-image]") ??
  document.querySelector(".side[data-pointed] .picture") ??
  document.querySelector(".tile[data-pointed]") ??
  document.activeElement?.closest(".tile[data-image]") ??
  (document.activeElement?.closest("#quick")?.previousElementSibling || null);

/** Of several that are compared, none is meant yet. */
function sayWhich() {
  const said = document.querySelector("[data-beside]") && document.getElementById("said");
  if (said) said.textContent = "Which one? Point at a picture, or go to it with Tab.";
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat || isTyping(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const isFavourite = event.key.toLowerCase() === "f";
  if ((!isFavourite && !/^[0-5]$/.test(event.key)) || document.querySelector("dialog[open]")) return;
  const picture = form && subject();
  if (!picture?.dataset.image) return void (isFavourite && sayWhich());
  event.preventDefault();
  if (isFavourite) send(picture, "favourite", String(picture.dataset.favourite !== "true"));
  else send(picture, "rating", event.key);
});

// The buttons beside a picture do the same as its keys: what they say while an answer is on its way is old.
document.addEventListener(
  "submit",
  (event) => {
    const id = form && event.target.closest?.(".marks")?.id.replace("marks-", "");
    const [picture] = id ? all(id) : [];
    const rating = event.submitter?.value;
    if (!picture || (event.target.dataset.action === "rate" && !rating)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.target.dataset.action === "rate") send(picture, "rating", rating);
    else send(picture, "favourite", String(picture.dataset.favourite !== "true"));
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  const tile = event.target.closest?.("[data-quick-favourite]")?.closest("#quick").previousElementSibling;
  if (tile?.dataset.image) send(tile, "favourite", String(tile.dataset.favourite !== "true"));
});

// The star goes to another tile with what is beside it.
for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, press);

document.addEventListener("picture:judged", ({ detail: { image, favourite, rating } }) => {
  const way = ways.get(image);
  if (!way) return show(image, favourite, rating);
  way.known = { favourite: String(favourite), rating: String(rating) };
  show(image, shown(way).favourite, shown(way).rating);
});

// Who undoes by key has no button to stay on: the focus is where it was.
function holdFocus() {
  if (document.activeElement !== document.body || document.getElementById("viewer")) return;
  if (!last?.matches(".tile") || !last.isConnected) return;
  (last.querySelector(":scope > a") ?? last).focus({ preventScroll: true });
}
// A browser takes the focus away from what is gone only when it has drawn the page.
document.addEventListener("htmx:afterSettle", () => {
  holdFocus();
  requestAnimationFrame(() => requestAnimationFrame(holdFocus));
});

// One line is enough of what was judged: the last.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target?.id !== "undo") return;
  for (const line of [...target.querySelectorAll("[data-undo-mark]")].slice(1)) line.remove();
});

// A tag, or the name of a collection, goes as it was when it was sent, one after the other and wherever one is by then:
// the box is free for the next one. What was not taken stands in it again, unless something else does.
const NAMES = "#tags > .by-name, #collect .by-name";
/** The forms whose answers have not come. Each says the same however often it is sent. */
const naming = new Set();
addEventListener("pagehide", () => {
  for (const copy of naming) navigator.sendBeacon(copy.action, new URLSearchParams(new FormData(copy)));
});

document.addEventListener(
  "submit",
  (event) => {
    const { target } = event;
    if (!form || !target.matches?.(NAMES)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const copy = copyOf(target);
    const box = target.querySelector("input[list]");
    const { value } = box;
    copy.addEventListener("htmx:beforeSwap", ({ detail }) => {
      // Another picture is shown by then.
      if (detail.target.id !== "undo" && same(target)?.isConnected) return;
      detail.shouldSwap = false;
    });
    naming.add(copy);
    copy.addEventListener("htmx:afterRequest", ({ detail }) => {
      naming.delete(copy);
      const now = same(target)?.querySelector("input[list]");
      const isTaken = isDone(detail);
      if (!isTaken && now && !now.value) now.value = value;
      // When all that listens has been told.
      setTimeout(() => copy.remove());
    });
    box.value = "";
    form.after(copy);
    htmx.process(copy);
    htmx.trigger(copy, "submit");
  },
  { capture: true },
);

function copyOf(original) {
  const copy = original.cloneNode(true);
  copy.hidden = true;
  for (const each of [copy, ...copy.querySelectorAll("[id]")]) each.removeAttribute("id");
  copy.setAttribute("hx-target", `${copy.getAttribute("hx-target")}, #undo`);
  return copy;
}

/** The same form as it stands on the page now; null when that is about another picture. */
const same = ({ id, action }) => {
  const now = document.getElementById(id);
  return now?.action === action ? now : null;
};
