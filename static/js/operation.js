// Pictures as something to start from: they are dropped, pasted and dragged in, put in order, and compared with what
// was made from them. Whatever needs a choice asks for it; nothing here spends.
const said = document.getElementById("said");
const PICTURE = /\/(images|uploads)\/(\d+)\//;
const TRIES = 20;

const say = (words) => {
  if (said) said.textContent = words;
};
const several = () => document.querySelector("#multi-edit-form [data-arranging]");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;
/** Where something may be dropped: the pages on which pictures are made, and the form of any operation. */
const place = (target) => {
  const isWhole = document.querySelector("#bring, #create-form, .operating");
  if (choosing()) return choosing().closest("dialog");
  return isWhole ? document.body : target.closest?.("[data-composer], form");
};
/** A file on the create form itself is read, not brought: from_file.js does that. */
const isRead = (event) =>
  event.dataTransfer.types.includes("Files") &&
  event.target.closest?.("#create-form") &&
  document.querySelector("[data-from-file]");
const takes = (target) =>
  place(target)?.matches("body, .picker, [data-composer], .operation-form, .create-form") ? place(target) : null;

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

// A click before the form of another model has come is sent, and not dropped: with the price that was read. The second
// abort is for the change that waited behind the first one.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches(".operation-form")) return;
    for (let changes = 0; changes < 2; changes += 1) htmx.trigger(event.target, "htmx:abort");
  },
  { capture: true },
);

// The order of several pictures.
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
  say(`${row.querySelector("img").alt} is number ${[...list.children].indexOf(row) + 1} now.`);
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
function ask(form) {
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

let moving = null;
document.addEventListener("dragstart", (event) => {
  moving = event.target.closest?.("[data-arranging] li") ?? null;
  if (moving) return event.dataTransfer.setData("text/plain", moving.dataset.input);
  // A tile, or the picture in the viewer: by the address of its page, so that another window takes it too.
  const id = event.target.closest?.("[data-image]")?.dataset.image;
  if (id) event.dataTransfer.setData("text/uri-list", new URL(`/images/${id}/`, location.href).href);
});
document.addEventListener("dragend", () => {
  moving = null;
  unmark();
});

function unmark() {
  for (const each of document.querySelectorAll(".dropping")) each.classList.remove("dropping");
}

document.addEventListener("dragover", (event) => {
  if (moving) {
    const over = event.target.closest?.("[data-arranging] li");
    if (over?.parentElement !== moving.parentElement) return;
    event.preventDefault();
    if (over === moving) return;
    const { left, width } = over.getBoundingClientRect();
    const before = event.clientX < left + width / 2 ? over : over.nextElementSibling;
    if (before !== moving && before !== moving.nextElementSibling) put(moving, before);
    return;
  }
  const kinds = event.dataTransfer.types;
  const isOurs = kinds.includes("Files") || kinds.includes("text/uri-list");
  const into = isOurs && !isRead(event) ? takes(event.target) : null;
  unmark();
  if (!into) return;
  event.preventDefault();
  into.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) unmark();
});
document.addEventListener("drop", (event) => {
  unmark();
  if (moving) return event.preventDefault();
  if (isRead(event) || !takes(event.target)) return;
  const files = [...event.dataTransfer.files];
  const [, kind, id] = event.dataTransfer.getData("text/uri-list").match(PICTURE) ?? [];
  if (!files.length && !id) return;
  event.preventDefault();
  if (files.length) bring(files);
  else use(kind === "uploads" ? `upload:${id}` : id);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || !takes(event.target)) return;
  event.preventDefault();
  bring(files);
});

/** Where pictures are being chosen, in a dialog over the page. */
const choosing = () => document.querySelector("dialog.picker[open] [data-pictures]");

function notice(words, address = "") {
  // What lies below a dialog is not seen.
  if (choosing()) return void (choosing().querySelector("[data-picker-told]").textContent = words);
  const shown = document.createElement(address ? "a" : "p");
  shown.className = "notice";
  if (address) shown.href = address;
  shown.textContent = words;
  clearNotices();
  document.getElementById("notices").append(shown);
}

/** What one can still press stays. */
function clearNotices() {
  for (const old of [...document.getElementById("notices").children]) if (!old.querySelector("button")) old.remove();
}

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/** One picture is sent; its answer, or the words that say why not. Who is asked to wait waits. */
async function send(file, tries = TRIES) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token());
  body.append("picture", file, file.name || "pasted.png");
  const answer = await fetch("/uploads/", {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    credentials: "same-origin",
  });
  if (answer.status === 429 && tries) {
    await pause(Number(answer.headers.get("Retry-After")) || 3);
    return send(file, tries - 1);
  }
  if (answer.redirected) throw new Error("You are signed out. Sign in, then bring it again.");
  if (answer.status === 413) throw new Error(`${file.name}: is larger than is taken here.`);
  const told = await answer.json().catch(() => ({ problems: ["It could not be sent."] }));
  if (!told.uploads?.length) throw new Error(told.problems?.[0] ?? "It could not be sent.");
  return told.uploads[0];
}

async function bring(files) {
  const taken = [];
  const failed = [];
  for (const [at, file] of files.entries()) {
    notice(`Bringing ${file.name}${files.length > 1 ? `, ${at + 1} of ${files.length}` : ""} …`);
    try {
      taken.push(await send(file));
    } catch (error) {
      failed.push(error instanceof TypeError ? `${file.name}: the server cannot be reached.` : error.message);
    }
  }
  // What was not taken is told, whatever the others lead to on this page.
  if (failed.length) notice(failed.join(" "));
  if (!taken.length) return;
  if (!failed.length) clearNotices();
  else await pause(2);
  if (choosing()) return choose(taken.map(({ id }) => `upload:${id}`));
  if (several()) for (const each of taken) add(`upload:${each.id}`);
  else if (taken.length > 1) location.assign("/uploads/");
  else if (document.getElementById("bring")) location.assign(taken[0].address);
  else use(`upload:${taken[0].id}`);
}

/** What was brought to where pictures are chosen is chosen: pictures.js ticks it. */
function choose(names) {
  document.dispatchEvent(new CustomEvent("pictures:brought", { detail: names }));
}
document.addEventListener("change", (event) => {
  const { target } = event;
  if (!target.matches("[data-bring-files]") || !choosing() || !target.files.length) return;
  bring([...target.files]);
  target.value = "";
});

/** One more picture of several: the form draws it. */
function add(name) {
  const form = several().closest("form");
  const field = form.elements.add;
  field.value = [field.value, name].filter(Boolean).join(" ");
  // A click, by which htmx knows the button: it is what keeps this from spending.
  form.querySelector(".operation-with-button [name=add-pictures]").click();
}

/** What is to be done with it? Its links stand on the page of each of its operations. */
async function use(name) {
  if (choosing()) return choose([name]);
  if (several()) return add(name);
  const upload = name.startsWith("upload:");
  const address = upload ? `/uploads/${name.slice(7)}/` : `/images/${name}/`;
  let answer;
  try {
    answer = await fetch(`${address}edit/`, { credentials: "same-origin" });
  } catch {
    return notice("The server cannot be reached. Bring it again when it can.");
  }
  if (answer.redirected) return notice("You are signed out. Sign in, then bring it again.");
  if ([404, 410].includes(answer.status)) return notice("That picture is not here any more.");
  if (!answer.ok) return notice("That did not work. Bring it again.");
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const links = [...parsed.querySelectorAll("nav.operations a")];
  const dialog = document.createElement("dialog");
  dialog.className = "dropped";
  dialog.setAttribute("aria-labelledby", "dropped-title");
  const title = Object.assign(document.createElement("h2"), { id: "dropped-title" });
  title.textContent = "What is to be done with it?";
  const list = document.createElement("div");
  list.className = "operations";
  if (!upload) list.append(link("Use all", `/create/?image=${name}&use=all`));
  for (const each of links) list.append(link(each.textContent, each.getAttribute("href")));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Nothing" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  list.append(close);
  dialog.append(title, list);
  document.body.append(dialog);
  dialog.showModal();
}

function link(words, href) {
  return Object.assign(document.createElement("a"), { className: "button", textContent: words.trim(), href });
}

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
const inputsOf = (form) => [...form.querySelectorAll("[data-arranging] li")].map((row) => row.dataset.input);

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
