// Models and styles chosen by pictures, over the create form. Choosing one is a change of the form's own field, as if
// it had been typed. Without this file the same buttons lead to pages that do the same.
const TITLES = { model: "Models", style_preset: "Styles" };
const COMING = '<p class="create-note">One moment …</p>';

let dialog = null;
/** The button that opened it: by its id, since the form may have been drawn anew meanwhile. */
let opener = "";
let field = "";
let sheet = false;

const body = () => dialog.querySelector(".picker-body");
const form = () => document.getElementById("create-form");
const box = () => form().querySelector(`select[name="${field}"], input[name="${field}"]`);
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const cards = () => [...body().querySelectorAll("[data-words]:not([hidden]) .picker-choice")];
const said = (words) => (document.getElementById("picker-said").textContent = words);

function make() {
  dialog = document.createElement("dialog");
  dialog.className = "picker";
  dialog.setAttribute("aria-labelledby", "picker-title");
  dialog.innerHTML = `<div class="picker-head"><h2 id="picker-title"></h2>
    <button type="button" data-picker-close>Close</button></div>
    <p id="picker-said" class="hidden" role="status"></p><div class="picker-body"></div>`;
  dialog.addEventListener("close", leave);
  dialog.addEventListener("click", clicked);
  dialog.addEventListener("keydown", moved);
  dialog.addEventListener("input", (event) => event.target.matches("[data-picker-search]") && search(event.target));
  dialog.addEventListener("submit", chosen, { capture: true });
  document.body.append(dialog);
}

async function open(button) {
  if (!dialog) make();
  [opener, field] = [button.id, button.dataset.picker];
  // A dialog closes the sheet of options that it comes from; it is back when the dialog goes.
  sheet = document.querySelector("#create-options:popover-open") !== null;
  dialog.querySelector("h2").textContent = TITLES[field];
  body().innerHTML = COMING;
  dialog.showModal();
  await fetchCards(button.formAction);
}

async function fetchCards(address) {
  const asked = new URLSearchParams(new FormData(form()).getAll(field).map((value) => [field, value]));
  const place = body();
  await htmx.ajax("GET", `${address}?${asked}`, { target: place, swap: "innerHTML" });
  if (!place.querySelector("[data-picker-search]")) return void (dialog.open && dialog.close());
  place.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "center" });
  if (matchMedia("(hover: hover)").matches) place.querySelector("[data-picker-search]").focus();
  else (place.querySelector('[aria-current="true"]') ?? cards()[0])?.focus({ preventScroll: true });
}

function leave() {
  if (sheet) document.getElementById("create-options")?.showPopover?.();
  document.getElementById(opener)?.focus();
}

function clicked(event) {
  // The backdrop is the dialog's own; all else lies in its parts.
  if (event.target === dialog || event.target.closest("[data-picker-close]")) dialog.close();
}

/** The form's own field gets the value, and all that follows from a change of it. */
function chosen(event) {
  const button = event.submitter;
  if (!event.target.matches("#picker-form") || button?.matches("[data-action]")) return;
  event.preventDefault();
  event.stopPropagation();
  // Enter in the box of words takes the first that is found.
  const card = button?.matches(".picker-choice") ? button : cards()[0];
  if (!card) return;
  const into = box();
  dialog.close();
  if (!into || into.value === card.value) return;
  into.value = card.value;
  for (const name of ["input", "change"]) into.dispatchEvent(new Event(name, { bubbles: true }));
}

function search(input) {
  const wanted = fold(input.value).split(/\s+/).filter(Boolean);
  for (const card of body().querySelectorAll("[data-words]"))
    card.hidden = !wanted.every((word) => card.dataset.words.includes(word));
  for (const group of body().querySelectorAll(".picker-group"))
    group.hidden = !group.querySelector("[data-words]:not([hidden])");
  const found = cards().length;
  body().querySelector("[data-picker-nothing]").hidden = found > 0;
  said(`${found} found`);
}

/** The nearest card in a row above or below. */
function beside(card, all, down) {
  const from = card.getBoundingClientRect();
  const rows = all
    .map((each) => ({ each, at: each.getBoundingClientRect() }))
    .filter(({ at }) => (down ? at.top > from.top + 4 : at.top < from.top - 4));
  const distance = ({ at }) => Math.abs(at.top - from.top) * 1000 + Math.abs(at.left - from.left);
  return rows.sort((one, other) => distance(one) - distance(other))[0]?.each;
}

function moved(event) {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = cards();
  if (event.target.matches("[data-picker-search]")) {
    if (event.key !== "ArrowDown" || !all.length) return;
    event.preventDefault();
    return all[0].focus();
  }
  const at = all.indexOf(event.target);
  if (at < 0) return;
  const next = {
    ArrowRight: () => all[at + 1],
    ArrowLeft: () => all[at - 1],
    ArrowDown: () => beside(event.target, all, true),
    ArrowUp: () => beside(event.target, all, false) ?? body().querySelector("[data-picker-search]"),
    Home: () => all[0],
    End: () => all.at(-1),
  }[event.key];
  if (next) {
    event.preventDefault();
    next()?.focus();
  } else if (event.key.length === 1 && event.key !== " ") body().querySelector("[data-picker-search]").focus();
}

// A shape fills in its pixels; the form is the server's to draw only without this script.
const sides = () => ["width", "height"].map((name) => form()?.querySelector(`input[name="${name}"]`));

function press() {
  const [width, height] = sides().map((side) => side?.value.trim());
  for (const button of form().querySelectorAll("[data-shape]"))
    button.setAttribute("aria-pressed", String(button.value === `${width}x${height}`));
}

addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-shape]");
  if (!button) return;
  event.preventDefault();
  const pixels = button.value.split("x");
  sides().forEach((side, at) => {
    side.value = pixels[at];
    for (const name of ["input", "change"]) side.dispatchEvent(new Event(name, { bubbles: true }));
  });
});
addEventListener("input", (event) => sides().includes(event.target) && press());

addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-picker]");
    if (!button || event.defaultPrevented || button.form !== form()) return;
    event.preventDefault();
    open(button);
  },
  { capture: true },
);
