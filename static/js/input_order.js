// The pictures that are edited together, in their order: each is moved by buttons or dragged, or taken out.
const said = document.getElementById("said");

/** Where they stand; nothing on a page without them. */
export const several = () => document.querySelector("#multi-edit-form [data-arranging]");
/** Their values, as they stand. */
export const inputsOf = (form) =>
  [...form.querySelectorAll("[data-arranging] li")].map((row) => row.dataset.input);

function renumber(list) {
  const rows = [...list.children];
  for (const [at, row] of rows.entries()) {
    const [earlier, later] = ["earlier", "later"].map((name) => row.querySelector(`[name="${name}"]`));
    earlier.value = later.value = String(at);
    earlier.disabled = at === 0;
    later.disabled = at === rows.length - 1;
  }
}

function put(row, before) {
  const list = row.parentElement;
  list.insertBefore(row, before);
  renumber(list);
  if (said) said.textContent = `${row.querySelector("img").alt} is number ${[...list.children].indexOf(row) + 1} now.`;
}

// An answer to what was asked before the pictures were put in another order knows only the order of then.
let arranged = null;
document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig } }) => {
  arranged = null;
  if (!target?.matches?.(".operation-form")) return;
  const sent = requestConfig.formData?.getAll("input") ?? [];
  const now = inputsOf(target);
  if (now.length && now.join(" ") !== sent.join(" ")) arranged = { now, sent };
});
document.addEventListener("htmx:afterSwap", () => {
  const list = arranged && several()?.querySelector("ol");
  if (!list) return;
  const { now, sent } = arranged;
  arranged = null;
  const place = (row) => (now.includes(row.dataset.input) ? now.indexOf(row.dataset.input) : now.length);
  const isGone = ({ dataset: { input } }) => sent.includes(input) && !now.includes(input);
  const rows = [...list.children];
  list.replaceChildren(...rows.filter((row) => !isGone(row)).sort((one, other) => place(one) - place(other)));
  renumber(list);
});

/** What a change of the pictures costs: the model's list of the form asks. */
export function ask(form) {
  form.elements.model?.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-arranging] :is([name=earlier], [name=later], [name=remove])");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    const row = button.closest("li");
    const { form } = button;
    if (button.name === "remove") {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      const list = row.parentElement;
      row.remove();
      renumber(list);
      next?.querySelector("button:not([disabled])")?.focus();
      return ask(form);
    }
    put(row, button.name === "earlier" ? row.previousElementSibling : row.nextElementSibling?.nextElementSibling);
    (button.disabled ? row.querySelector("button:not([disabled])") : button).focus();
  },
  true,
);

/** One more picture of several: the form draws it. */
export function add(name) {
  const form = several().closest("form");
  const field = form.elements.add;
  field.value = [field.value, name].filter(Boolean).join(" ");
  // A click, by which htmx knows the button: it is what keeps this from spending.
  form.querySelector(".operation-with-button [name=add-pictures]").click();
}

let moving = null;
/** Whether one of them is being dragged. */
export const isMoving = () => moving !== null;
document.addEventListener("dragstart", (event) => {
  moving = event.target.closest?.("[data-arranging] li") ?? null;
  if (moving) event.dataTransfer.setData("text/plain", moving.dataset.input);
});
document.addEventListener("dragend", () => {
  moving = null;
});
document.addEventListener("dragover", (event) => {
  const over = moving && event.target.closest?.("[data-arranging] li");
  if (!over || over.parentElement !== moving.parentElement) return;
  event.preventDefault();
  if (over === moving) return;
  const { left, width } = over.getBoundingClientRect();
  const before = event.clientX < left + width / 2 ? over : over.nextElementSibling;
  if (before !== moving && before !== moving.nextElementSibling) put(moving, before);
});
document.addEventListener("drop", (event) => {
  if (moving) event.preventDefault();
});
