// The forms of operations: they fold out, say what is wrong, and keep what was typed and chosen for this tab.
import { PICTURE } from "./bring.js";
import { add, ask, inputsOf } from "./input_order.js";

// Before and after.
document.addEventListener("input", (event) => {
  const figure = event.target.closest?.("[data-before-after]");
  if (figure && event.target.type === "range") figure.style.setProperty("--at", `${event.target.value}%`);
});

// A form that was folded out takes the focus; the same link folds it in again.
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target.closest?.("a[data-operation][hx-get]");
  const room = document.getElementById("operation");
  if (!link || !room) return;
  const shown = room.querySelector(`[data-action="${link.dataset.operation}"]`);
  for (const each of link.parentElement.querySelectorAll("a[data-operation]")) each.removeAttribute("aria-current");
  if (!shown) return link.setAttribute("aria-current", "true");
  event.preventDefault();
  room.replaceChildren();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "operation")
    event.target.querySelector("textarea, select, button.main")?.focus({ preventScroll: true });
  if (event.target.id === "fresh" && event.target.matches(".operating-made *"))
    event.target.firstElementChild?.scrollIntoView({ block: "nearest" });
  const wrong = event.target.matches?.(".operation-form") && event.target.querySelector('[role="alert"][tabindex]');
  if (wrong) wrong.focus();
});

// What was typed and chosen here comes back in this tab, by the picture that it is about: after another page, a reload,
// and in the other operation that takes words.
const keyOf = (form) => `edit of ${form.getAttribute("action").match(PICTURE)?.[0] ?? location.pathname}`;
const wordsIn = (form) => form.querySelector("textarea[name=prompt]");
// For which models the fields of a form were filled already: from then on they are what somebody has made of them.
const filled = new WeakMap();

function keptOf(form) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(form))) ?? {};
  } catch {
    return {};
  }
}

const fieldsOf = (form) => form.querySelectorAll("textarea[name], select[name], input[type=checkbox][name]");
const read = (field) => (field.type === "checkbox" ? field.checked : field.value);
const takesValue = (field, value) =>
  field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value);

/** What somebody has made of one field; and which pictures there are. */
function keep(form, field = null) {
  if (!wordsIn(form)) return;
  const kept = keptOf(form);
  if (field && [...fieldsOf(form)].includes(field)) kept[field.name] = read(field);
  if (form.querySelector("[data-arranging]")) kept.inputs = inputsOf(form);
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify(kept));
  } catch {
    // Then it lasts as long as this page.
  }
}

function bringBack(form) {
  if (!wordsIn(form)) return;
  const kept = keptOf(form);
  const model = form.elements.model?.value;
  const models = filled.get(form) ?? new Set();
  const isFirst = models.size === 0;
  filled.set(form, models);
  if (models.has(model)) return keep(form);
  models.add(model);
  // What the page was asked to fill in is meant, whatever was typed here before.
  if (isFirst && "filled" in form.dataset) return fieldsOf(form).forEach((field) => keep(form, field));
  let isPriced = false;
  for (const field of fieldsOf(form)) {
    const value = kept[field.name];
    const isOther = value !== undefined && value !== read(field) && takesValue(field, value);
    // Words that came with the page stay; and the model is that of the form, but on a page that has just come.
    if (!isOther || (field.name === "prompt" && field.value) || (field.name === "model" && !isFirst)) continue;
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    isPriced ||= "priced" in field.dataset;
  }
  const there = inputsOf(form);
  // Pictures that one has come with are those that are meant.
  const missing = isFirst && there.length === 1 ? (kept.inputs ?? []).filter((name) => name !== there[0]) : [];
  if (missing.length) add(missing.join(" "));
  else if (isPriced) ask(form);
}

const bringAllBack = () => document.querySelectorAll(".operation-form").forEach(bringBack);
for (const name of ["input", "change"])
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.(".operation-form");
    if (form) keep(form, event.target);
  });
document.addEventListener("htmx:afterSettle", bringAllBack);
// After htmx has looked at the page: what is chosen by it asks for the price.
document.addEventListener("DOMContentLoaded", bringAllBack);

// What one has typed, chosen and looked at in a tab is not for whoever signs in there next.
document.addEventListener("submit", ({ target }) => {
  if (target.action?.endsWith("/accounts/logout/")) sessionStorage.clear();
});
