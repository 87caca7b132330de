// Models and styles chosen by pictures, over the create form. Choosing one is a change of the form's own field, as if
// it had been typed. Without this file the same buttons lead to pages that do the same.
import { nextCard } from "./card_keys.js";
import { changed } from "./events.js";

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
    <p id="picker-said" class="hidden" role="status"></p><div class="picker-body" hx-sync="this:replace"></div>`;
  dialog.addEventListener("close", leave);
  dialog.addEventListener("click", clicked);
  dialog.addEventListener("keydown", moved);
  dialog.addEventListener("input", (event) => event.target.matches("[data-picker-search]") && search(event.target));
  dialog.addEventListener("change", count);
  document.getElementById("main").append(dialog);
}

/** Where the cards come from. */
let address = "";

async function open(button) {
  if (!dialog) make();
  [opener, field, address] = [button.id, button.dataset.picker, button.formAction];
  // A dialog closes the sheet of options that it comes from; it is back when the dialog goes.
  sheet = document.querySelector("#create-options:popover-open") !== null;
  dialog.querySelector("h2").textContent = TITLES[field];
  body().innerHTML = COMING;
  dialog.showModal();
  await fetchCards({});
}

let asked = 0;

async function fetchCards(more) {
  asked += 1;
  const mine = asked;
  const values = new FormData(form()).getAll(field).map((value) => [field, value]);
  const query = new URLSearchParams([...values, ...Object.entries(more)]);
  const place = body();
  try {
    // By its own place, or it would wait for what others ask for, and be told at once that it has come.
    await htmx.ajax("GET", `${address}?${query}`, { source: place, target: place, swap: "innerHTML" });
  } catch {
    // It is said below, unless another has taken its place.
  }
  if (mine !== asked || !dialog.open) return;
  if (!place.querySelector("[data-picker-search]")) return fail(more);
  count();
  // Of the models those that are pinned and used lately come first, and are to be seen first.
  if (field !== "model") place.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "center" });
  if (matchMedia("(hover: hover)").matches) place.querySelector("[data-picker-search]").focus();
  else cards()[0]?.focus({ preventScroll: true });
}

/** Nothing has come: it is said, and can be tried again. Who is signed out is told so by the page below. */
function fail(more) {
  if (document.querySelector("#notices [data-signed-out]")) return dialog.close();
  const line = Object.assign(document.createElement("p"), { className: "create-note" });
  line.setAttribute("role", "alert");
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again" });
  again.addEventListener("click", () => {
    body().innerHTML = COMING;
    fetchCards(more);
  });
  line.append("These could not be fetched. ", again);
  body().replaceChildren(line);
  again.focus();
}

function leave() {
  // What is still on its way is for nobody.
  asked += 1;
  htmx.trigger(body(), "htmx:abort");
  if (sheet) document.getElementById("create-options")?.showPopover?.();
  document.getElementById(opener)?.focus();
  body().replaceChildren();
}

function clicked(event) {
  // The backdrop is the dialog's own; all else lies in its parts.
  if (event.target === dialog || event.target.closest("[data-picker-close]")) dialog.close();
}

const ticked = () => [...body().querySelectorAll("[data-words] :checked")];

/** What a click in the dialog, or Enter, asks for. */
function chosen(event) {
  const button = event.submitter;
  if (!event.target.matches("#picker-form") || button?.matches("[data-action]")) return;
  event.preventDefault();
  event.stopPropagation();
  const isSeveral = body().querySelector("[data-picker-use]") !== null;
  if (button?.matches("[data-picker-mode]")) fetchCards({ several: button.value });
  else if (button?.matches("[data-picker-enter]") && document.activeElement.matches("[data-picker-search]")) {
    // Enter in the box of words takes the first that is found; among boxes it goes there.
    if (isSeveral) cards()[0]?.focus();
    else if (cards().length) use([cards()[0].value]);
  } else if (isSeveral) use(ticked().map((box) => box.value));
  else if (button?.matches(".picker-choice")) use([button.value]);
}

/** The form's own field gets the value, and all that follows from a change of it. */
function use(values) {
  const into = box();
  const before = new FormData(form()).getAll(field);
  dialog.close();
  if (!into || !values.length || values.join("\n") === before.join("\n")) return;
  for (const other of form().querySelectorAll(`input[type="checkbox"][name="${field}"]`)) other.remove();
  // The first stays the first: the form is drawn for it.
  const first = values.includes(into.value) ? into.value : values[0];
  into.value = first;
  const others = values.filter((each) => each !== first);
  const hidden = (value) => Object.assign(document.createElement("input"), { type: "hidden", name: field, value });
  into.after(...others.map(hidden));
  changed(into);
}

/** As the server writes it: two decimals, or as many as are needed. */
const usd = (amount) => `$${amount.toFixed(6).replace(/0{1,4}$/, "")}`;

/** What is ticked, and what one picture of each costs. */
function count() {
  const button = body().querySelector("[data-picker-use]");
  if (!button) return;
  const boxes = ticked();
  const total = boxes.reduce((sum, box) => sum + Number(box.dataset.usd || NaN), 0);
  const costs = Number.isNaN(total) ? "" : ` · ${usd(total)} for one picture of each`;
  button.disabled = !boxes.length;
  button.textContent = boxes.length
    ? `Use ${boxes.length} model${boxes.length === 1 ? "" : "s"}${costs}`
    : "Nothing is ticked";
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

function moved(event) {
  // The page below has keys of its own.
  event.stopPropagation();
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = cards();
  if (event.target.matches("[data-picker-search]")) {
    if (event.key !== "ArrowDown" || !all.length) return;
    event.preventDefault();
    return all[0].focus();
  }
  if (!all.includes(event.target)) return;
  const next = nextCard(event, all, body().querySelector("[data-picker-search]"));
  if (next) {
    event.preventDefault();
    next.focus();
  } else if (event.key.length === 1 && event.key !== " ") body().querySelector("[data-picker-search]").focus();
}

// Before the page's own listeners, to which a button that leads elsewhere leads to a page.
addEventListener("submit", (event) => dialog?.contains(event.target) && chosen(event), { capture: true });

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
    changed(side);
  });
});
addEventListener("input", (event) => sides().includes(event.target) && press());

// The usual numbers of pictures fill in the list of all of them, and follow it.
addEventListener("change", (event) => {
  const usual = event.target.dataset?.count;
  if (usual) {
    const list = document.getElementById(usual);
    list.value = event.target.value;
    changed(list);
  } else if (event.target.id)
    for (const radio of document.querySelectorAll(`[data-count="${CSS.escape(event.target.id)}"]`))
      radio.checked = radio.value === event.target.value;
});

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
