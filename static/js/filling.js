// *Remix* and *Use …*: what such a link to the create page would fill its form with comes into the composer of this
// page, and can be undone there.
import { form, isKept, save, tell } from "./draft.js";
import { isPlain, wordsOf } from "./events.js";

// So long the form of another model is waited for.
const PATIENCE = 1500;
const UNREACHED = "The server cannot be reached. Nothing was filled in.";

const told = () => document.getElementById("composer-said");

/** The form of another model that is on its way comes first: it knows nothing of what fills it. */
async function awaitModel() {
  const end = performance.now() + PATIENCE;
  while (form()?.querySelector("select.htmx-request") && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Until it has come nothing is spent: the press would be for words that are about to go. */
async function fill(address, goesOn) {
  await awaitModel();
  const [before, submit] = [told(), document.getElementById("create-submit")];
  const holds = !submit.disabled;
  if (holds) submit.disabled = true;
  try {
    await bringIn(address, goesOn);
  } finally {
    // The line that has come knows by itself.
    if (holds && told() === before) submit.disabled = false;
  }
}

/** What a link to the create page would fill the form with comes into the one of this page. */
async function bringIn(address, goesOn) {
  // What has no place to be undone to is not overwritten; why it has none is said above the line.
  if (!isKept() && !(await save())) {
    if (!document.getElementById("draft-notice")) tell(UNREACHED);
    return;
  }
  const before = told();
  const undo = before?.querySelector("button[name=undo]")?.value;
  const asked = undo ? `${address}&undo=${encodeURIComponent(undo)}` : address;
  try {
    await htmx.ajax("GET", asked, { target: form(), swap: "morph:outerHTML" });
  } catch {
    tell(UNREACHED);
    return;
  }
  if (told() === before) return;
  tell("");
  if (goesOn) form()?.querySelector("textarea")?.focus();
  document.getElementById("said").textContent = wordsOf(told());
}

// One after the other: each is filled into what the one before has left.
let filling = Promise.resolve();

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[data-action^="use-"], a[data-action="remix"]');
  const of = form();
  if (!link || !of?.matches("[data-composer]") || !isPlain(event) || event.defaultPrevented) return;
  // A small window shows no line over a picture: there the link leads to the whole form.
  if (link.pathname !== of.getAttribute("action") || !link.search || !of.checkVisibility()) return;
  event.preventDefault();
  const address = `${link.pathname}${link.search}&composer=1`;
  // Who remixes goes on in the words; who takes one thing may take the next, by its key too.
  const next = () => fill(address, link.dataset.action === "remix");
  filling = filling.then(next, next);
});
