// Two compared pictures may lie on each other: behind a divider that one moves, or one and then the other.
import { isDone } from "./events.js";

const PERIOD = 900;
const beside = document.querySelector("[data-beside]");
const divider = document.querySelector(".divider");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let ticking = 0;

const flip = () => beside.toggleAttribute("data-second");

function place() {
  beside.style.setProperty("--at", `${divider.querySelector("input").value}%`);
}

function show(mode) {
  for (const each of document.querySelectorAll("[data-mode][aria-pressed]"))
    each.setAttribute("aria-pressed", String(each.dataset.mode === mode));
  clearInterval(ticking);
  beside.removeAttribute("data-second");
  if (mode) beside.dataset.shown = mode;
  else delete beside.dataset.shown;
  if (divider) divider.hidden = mode !== "slider";
  // Who wants no motion turns by key.
  if (mode === "blink" && !calm.matches) ticking = setInterval(flip, PERIOD);
  document.dispatchEvent(new CustomEvent("viewer:resized"));
}

// Keys are about the picture that was touched last: the one that the pointer went to since then, or the one with focus.
function point(side) {
  for (const each of beside.querySelectorAll("[data-pointed]")) if (each !== side) each.removeAttribute("data-pointed");
  side?.setAttribute("data-pointed", "");
}
document.addEventListener(
  "pointermove",
  (event) => {
    if (event.pointerType !== "mouse" || !(event.movementX || event.movementY)) return;
    const side = event.target.closest?.(".side");
    if (side) point(side);
  },
  { passive: true },
);
for (const kind of ["focusin", "pointerdown"])
  beside.addEventListener(kind, (event) => {
    const side = event.target.closest?.(".side");
    if (side) point(side);
  });

// What is thrown away leaves its place, and what is brought back is there again.
const sideOf = (id) => beside.querySelector(`.side[data-image="${CSS.escape(String(id))}"]`);
const shown = () => [...beside.querySelectorAll(".side:not([hidden])")];
/** By the moment of one click: the pictures that went with it. */
const thrown = new Map();

function take(ids) {
  const sides = ids.map(sideOf).filter(Boolean);
  // A button that is switched off while its request runs has lost the focus to the body by now.
  const focused = document.activeElement;
  const held = focused === document.body || sides.some((side) => side.contains(focused));
  for (const side of sides) {
    side.hidden = true;
    side.removeAttribute("data-pointed");
  }
  if (shown().length < 2) show("");
  if (held) shown()[0]?.querySelector(".picture").focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("viewer:resized"));
}

function putBack(ids) {
  const sides = ids.map(sideOf).filter(Boolean);
  for (const side of sides) side.hidden = false;
  // The line with *Undo* goes now.
  const focused = document.activeElement;
  if (focused === document.body || focused.closest(".undo-line, .notice"))
    sides[0]?.querySelector(".picture").focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("viewer:resized"));
}

document.addEventListener("picture:trashed", ({ detail }) => take([detail.id]));
document.addEventListener("picture:restored", ({ detail }) => putBack([detail.id]));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.requestConfig?.elt ?? detail.elt;
  if (!isDone(detail)) return;
  if (form.matches('[data-action="keep-only"]')) {
    const told = document.querySelector("#notices [data-told]");
    const left = (told?.dataset.left ?? "").split(" ");
    const ids = [...form.querySelectorAll("[name=image]")].map(({ value }) => value);
    const gone = ids.filter((id) => !left.includes(id));
    if (told?.dataset.undo) thrown.set(told.dataset.undo, gone);
    form.closest("details").open = false;
    take(gone);
  } else if (form.matches('[data-action="undo-trash"]')) putBack(thrown.get(form.elements.trashed.value) ?? []);
  else if (form.matches('.side [data-action="collect"]')) form.closest("details").open = false;
});

if (divider) {
  place();
  divider.addEventListener("input", place);
  document.addEventListener("click", (event) => {
    const mode = event.target.closest?.("[data-mode]")?.dataset.mode;
    if (mode !== undefined) show(mode);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "b" || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=range]), textarea, select")) return;
    if (beside.dataset.shown !== "blink") show("blink");
    // From then on it is the key that turns.
    clearInterval(ticking);
    flip();
  });
  if (beside.dataset.start) show(beside.dataset.start);
}
