// Two compared pictures may lie on each other: behind a divider that one moves, or one and then the other.
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
  divider.hidden = mode !== "slider";
  // Who wants no motion turns by key.
  if (mode === "blink" && !calm.matches) ticking = setInterval(flip, PERIOD);
  document.dispatchEvent(new CustomEvent("viewer:resized"));
}

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
