// Pictures that a request starts from, chosen by their thumbnails over the form that names them. Without this file the
// same buttons lead to a page that does the same.
import { nextCard } from "./card_keys.js";
import { changed, reasonIn } from "./events.js";

const TITLES = { style_reference: "Style references", input: "Pictures to edit together" };
const PAUSE = 300;

let dialog = null;
/** The button that opened it: by its id, since the form may have been drawn anew meanwhile. */
let opener = "";
let field = "";
let address = "";
/** The sheet of options that it comes from; it is back when the dialog goes. */
let sheet = false;
/** What is ticked, in the order in which it was. */
let ticked = [];
let asked = 0;
let timer = 0;
/** Until the form that was drawn anew for what was chosen has come. */
let returning = false;

const body = () => dialog.querySelector(".picker-body");
const form = () => document.getElementById(opener)?.form;
const bar = () => body().querySelector("[data-pictures]");
const boxes = () => [...body().querySelectorAll(".picker-choice")];
const told = (words) => {
  const line = bar()?.querySelector("[data-picker-told]");
  if (line) line.textContent = words;
};

function make() {
  dialog = document.createElement("dialog");
  dialog.className = "picker choosing";
  dialog.setAttribute("aria-labelledby", "pictures-title");
  dialog.innerHTML = `<div class="picker-head"><h2 id="pictures-title"></h2>
    <button type="button" data-picker-close>Close</button></div><div class="picker-body"></div>`;
  dialog.addEventListener("close", leave);
  dialog.addEventListener("click", clicked);
  dialog.addEventListener("keydown", moved);
  dialog.addEventListener("input", (event) => {
    if (!event.target.matches("[data-picker-search]")) return;
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  });
  dialog.addEventListener("change", tick);
  document.getElementById("main").append(dialog);
}

function style(href) {
  if (!href || document.querySelector(`link[href="${CSS.escape(href)}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  // Without it they are less handsome.
  const loaded = new Promise((done) => {
    for (const name of ["load", "error"]) link.addEventListener(name, done, { once: true });
  });
  document.head.append(link);
  return loaded;
}

async function open(button) {
  await style(button.dataset.styles);
  if (!dialog) make();
  [opener, field, address] = [button.id, button.dataset.picturesFor, button.formAction];
  sheet = document.querySelector("#create-options:popover-open") !== null;
  dialog.querySelector("h2").textContent = TITLES[field];
  body().innerHTML = '<p class="create-note">One moment …</p>';
  const values = new FormData(form());
  ticked = [...values.getAll(field), values.get("add")].filter(Boolean);
  dialog.showModal();
  await draw();
  if (matchMedia("(hover: hover)").matches) body().querySelector("[data-picker-search]")?.focus();
  else boxes()[0]?.focus({ preventScroll: true });
}

/** What is gathered to compare in this tab, or selected in any of its lists. */
function near() {
  const found = [];
  try {
    found.push(...JSON.parse(sessionStorage.getItem("beside") ?? "[]").map(({ id }) => id));
    for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith("selection ")))
      found.push(...(JSON.parse(sessionStorage.getItem(key)).ids ?? []));
  } catch {
    // Nothing of ours.
  }
  return found.slice(0, 20);
}

/** The cards, for the words that stand in the box; an answer that another has overtaken is dropped. */
async function draw(words = body().querySelector("[data-picker-search]")?.value ?? "") {
  clearTimeout(timer);
  asked += 1;
  const mine = asked;
  const sent = [...ticked];
  const values = new FormData(form());
  const query = new URLSearchParams({ pick: field, q: words });
  for (const name of ["model", "own"]) for (const value of values.getAll(name)) query.append(name, value);
  for (const value of ticked) query.append(field, value);
  query.append("near", near().join(" "));
  let answer;
  try {
    answer = await fetch(`${address}?${query}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  } catch {
    answer = null;
  }
  if (mine !== asked || !dialog.open) return;
  if (answer?.status === 401) return location.reload();
  if (!answer) return fail(words, "The server cannot be reached.");
  const html = await answer.text();
  if (!answer.ok) return fail(words, reasonIn(html) || "These could not be fetched.");
  // Who has ticked something meanwhile is shown that.
  if (ticked.join(" ") !== sent.join(" ")) return draw(words);
  const kept = document.activeElement?.matches("[data-picker-search]") && document.activeElement;
  const place = kept && [kept.selectionStart, kept.value];
  const name = document.activeElement?.dataset?.name;
  body().innerHTML = html;
  const input = body().querySelector("[data-picker-search]");
  if (place) {
    // Who has typed on meanwhile keeps what is typed.
    input.value = place[1];
    input.focus();
    input.setSelectionRange(place[0], place[0]);
  } else if (name) boxes().find((box) => box.dataset.name === name)?.focus({ preventScroll: true });
  ticked = boxes().filter(({ checked }) => checked).map((box) => box.dataset.name);
  count();
}

/** What is ticked stays so; it is said that nothing else came, and can be tried again. */
function fail(words, reason) {
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again" });
  again.addEventListener("click", () => draw(words));
  const line = bar()?.querySelector("[data-picker-told]");
  if (line) return line.replaceChildren(`${reason} `, again);
  const alone = Object.assign(document.createElement("p"), { className: "create-note" });
  alone.setAttribute("role", "alert");
  alone.append(`${reason} `, again);
  body().replaceChildren(alone);
}

function tick({ target }) {
  if (!target.matches(".picker-choice")) return;
  ticked = ticked.filter((name) => name !== target.dataset.name);
  if (target.checked) ticked.push(target.dataset.name);
  count();
}

/** As many may be ticked as the model takes. */
function count() {
  const most = Number(bar().dataset.most);
  const takes = bar().querySelector("[data-picker-told]").dataset.takes;
  const full = ticked.length >= most;
  for (const box of boxes()) if (box.hasAttribute("value")) box.disabled = full && !box.checked;
  const button = bar().querySelector("[data-picker-use]");
  button.disabled = ticked.length > most;
  const pictures = ticked.length === 1 ? "1 picture" : `${ticked.length} pictures`;
  button.textContent = ticked.length ? `Use ${pictures}` : "Use none";
  const over = ticked.length - most;
  told(over > 0 ? `${takes} Untick ${over}.` : full ? `${takes} To choose another, untick one.` : takes);
}

document.addEventListener("pictures:brought", async ({ detail }) => {
  if (!dialog?.open) return;
  ticked.push(...detail.filter((name) => !ticked.includes(name)));
  await draw("");
});

function leave() {
  clearTimeout(timer);
  if (sheet) document.getElementById("create-options")?.showPopover?.();
  document.getElementById(opener)?.focus();
  body().replaceChildren();
}

function clicked(event) {
  const again = event.target.closest("[data-picker-more], [data-picker-all]");
  // The backdrop is the dialog's own; all else lies in its parts.
  if (event.target === dialog || event.target.closest("[data-picker-close]")) dialog.close();
  else if (again) {
    event.preventDefault();
    body().querySelector("[data-picker-search]").value = again.value;
    draw(again.value);
  }
}

addEventListener(
  "submit",
  (event) => {
    if (!dialog?.contains(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    confirm(event.submitter?.matches("[data-picker-enter]"));
  },
  { capture: true },
);

function confirm(isSearch) {
  if (isSearch) draw();
  else if (!bar().querySelector("[data-picker-use]").disabled) use();
}

/** The form's own fields name what is ticked, and it is drawn anew. */
function use() {
  const into = form();
  const names = [...ticked];
  returning = true;
  dialog.close();
  if (!into) return;
  const hidden = (value) => Object.assign(document.createElement("input"), { type: "hidden", name: field, value });
  if (field === "input") {
    into.elements.add.value = "";
    into.querySelector("[data-arranging] ol").replaceChildren();
    into.querySelector("[data-arranging]").append(...names.map(hidden));
    // A click, by which htmx knows the button: it is what keeps this from spending.
    return into.querySelector(".operation-with-button [name=add-pictures]").click();
  }
  const place = into.querySelector("[data-style-references]");
  for (const old of place.querySelectorAll(`input[name="${field}"]`)) {
    if (old.type === "checkbox") old.checked = false;
    else old.value = "";
  }
  place.append(...names.map(hidden));
  // As a change of the model, which draws the form with all that it names.
  changed(into.elements.model);
}

// A sheet that was drawn anew has let the focus go.
document.addEventListener("htmx:afterSettle", () => {
  if (!returning || dialog?.open) return;
  returning = false;
  if (document.activeElement === document.body) document.getElementById(opener)?.focus({ preventScroll: true });
});

function moved(event) {
  // The page below has keys of its own.
  event.stopPropagation();
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
  const all = boxes().filter(({ disabled }) => !disabled);
  const input = body().querySelector("[data-picker-search]");
  if (event.target === input && event.key === "ArrowDown" && all.length) {
    event.preventDefault();
    return all[0].focus();
  }
  const at = all.indexOf(event.target);
  if (event.key === "Enter" && (at >= 0 || event.target === input)) {
    // The rest of this key would press the button that the focus goes back to.
    event.preventDefault();
    return confirm(event.target === input);
  }
  const next = at < 0 ? null : nextCard(event, all, input);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-pictures-for]");
    if (!button || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    open(button);
  },
  { capture: true },
);
