// Pictures that are brought: files dropped, pasted or chosen, and our own that are dragged. Where several are edited or
// chosen they join them; elsewhere it is asked what is to be done. Nothing here spends.
import { reasonIn } from "./events.js";
import { add, isMoving, several } from "./input_order.js";

/** The address of a picture's page, and of what lies below it. */
export const PICTURE = /\/(images|uploads)\/(\d+)\//;
const TRIES = 20;

const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;
/** Where pictures are being chosen, in a dialog over the page. */
const choosing = () => document.querySelector("dialog.picker[open] [data-pictures]");
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

// A tile, or the picture in the viewer: by the address of its page, so that another window takes it too.
document.addEventListener("dragstart", ({ target, dataTransfer }) => {
  const id = target.closest?.("[data-arranging] li") ? "" : target.closest?.("[data-image]")?.dataset.image;
  if (id) dataTransfer.setData("text/uri-list", new URL(`/images/${id}/`, location.href).href);
});
document.addEventListener("dragend", unmark);

function unmark() {
  for (const each of document.querySelectorAll(".dropping")) each.classList.remove("dropping");
}

document.addEventListener("dragover", (event) => {
  const kinds = event.dataTransfer.types;
  const isOurs = !isMoving() && (kinds.includes("Files") || kinds.includes("text/uri-list"));
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
  if (isMoving() || isRead(event) || !takes(event.target)) return;
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
  const text = await answer.text();
  const isTold = answer.headers.get("Content-Type")?.startsWith("application/json");
  const { uploads = [], problems = [] } = isTold ? JSON.parse(text) : {};
  if (uploads.length) return uploads[0];
  throw new Error(problems[0] ?? `${file.name}: ${reasonIn(text) || "It could not be sent."}`);
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
  // Of whatever is not there the server says the same; what was asked for is known here.
  if (answer.status === 404) return notice("That picture is not here any more.");
  const text = await answer.text();
  if (!answer.ok) return notice(reasonIn(text) || "That did not work. Bring it again.");
  const parsed = new DOMParser().parseFromString(text, "text/html");
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
