// The create form's comforts: keys, counter, seeds, prompts of before. Without this file the form still works.
import { wordsOf } from "./events.js";

const RECENT = "/create/recent-prompts/";
// So long the line stands that tells what was asked for.
const TOLD = 20_000;
const recent = { texts: null, at: -1, draft: "" };

const prompt = () => document.getElementById("id_prompt");

/** What the server will count: its cleaning, then code points. */
function length(text) {
  const clean = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
  return [...clean.normalize("NFC").trim()].length;
}

function count() {
  const box = prompt();
  const shown = document.getElementById("create-count");
  if (!box || !shown || !box.dataset.limit) return;
  const limit = Number(box.dataset.limit);
  const used = length(box.value);
  shown.textContent = `${used.toLocaleString("en")} of ${limit.toLocaleString("en")}`;
  shown.classList.toggle("over", used > limit);
}

function fill(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Older (1) or newer (-1) in the member's own prompts; below the newest is what was being typed. */
async function walk(box, step) {
  if (recent.texts === null) {
    let answer;
    try {
      answer = await fetch(RECENT, { headers: { Accept: "application/json" } });
      if (answer.ok) recent.texts = (await answer.json()).prompts;
    } catch {
      // Nothing came.
    }
    if (recent.texts === null) {
      const words = "Your prompts of before could not be fetched. Try again.";
      return void document.dispatchEvent(new CustomEvent("live:say", { detail: words }));
    }
  }
  if (recent.at === -1) {
    recent.draft = box.value;
    document.dispatchEvent(new CustomEvent("draft:replaced"));
  }
  const at = Math.min(recent.texts.length - 1, Math.max(-1, recent.at + step));
  if (at === recent.at) return;
  recent.at = at;
  fill(box, at === -1 ? recent.draft : recent.texts[at]);
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("#create-form, [data-composer]");
  if (!form || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const button = form.querySelector("#create-submit");
    if (!button.disabled) form.requestSubmit(button);
  } else if (event.altKey && event.target === prompt() && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    walk(event.target, event.key === "ArrowUp" ? 1 : -1);
  }
});

// Options leads to the whole form, with all that was typed: that is another page, and no fragment.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("#create-form, [data-composer], .create-form")) return;
    const isOptions = event.submitter?.name === "change-model" && event.target.matches("[data-composer]");
    if (isOptions || event.submitter?.hasAttribute("formaction")) event.stopImmediatePropagation();
  },
  { capture: true },
);

document.addEventListener("input", (event) => {
  if (event.target !== prompt()) return;
  // Only typing is trusted: a walk through old prompts goes on, an edit begins a new draft.
  if (event.isTrusted) recent.at = -1;
  count();
});

// With words to choose between, what is typed decides how many pictures there will be: their price follows. Where they
// are not to be read as such, it is said of what looks like them.
const CHOICES = /\{[^]*\|[^]*\}/;
const ARE_CHOICES = "#id_alternatives:checked, #create-composer [name=kept-alternatives], [data-unread-choices]";
const choosing = () => CHOICES.test(prompt()?.value) || document.querySelector(ARE_CHOICES);
let typing = 0;
document.addEventListener("input", (event) => {
  if (event.target !== prompt() || !choosing()) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    const shown = document.getElementById("create-price");
    if (shown) htmx.trigger(shown, "reprice");
  }, 400);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-random-seed], [data-last-seed]");
  const seed = button?.form?.elements.namedItem("seed");
  if (!seed) return;
  event.preventDefault();
  fill(seed, button.dataset.lastSeed ?? "");
  seed.dispatchEvent(new Event("change", { bubbles: true }));
});

// Who is signed out meanwhile goes to sign in with all that the form holds, and comes back to it. What polls does not
// take the page away under somebody's hands. The mark says that this is no click on Generate.
const composer = () => document.querySelector("#create-form, [data-composer]");

function carry() {
  const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "signed-out" });
  composer().append(mark);
  composer().submit();
}

function askToSignIn() {
  const notices = document.getElementById("notices");
  if (notices.querySelector("[data-signed-out]")) return;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Sign in" });
  button.addEventListener("click", carry);
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.dataset.signedOut = "";
  notice.append("You are signed out. What you typed is kept. ", button);
  notices.replaceChildren(notice);
}

document.addEventListener("draft:signed-out", askToSignIn);
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401 || !composer()) return;
  const isPost = event.detail.requestConfig.verb === "post";
  // What is posted beside it leads to the sign-in and back to this page; the words wait in this browser.
  if (isPost && !composer().contains(event.detail.elt)) return;
  event.preventDefault();
  if (isPost) carry();
  else askToSignIn();
});

// The line grows and shrinks with the focus, and what stands above it moves: a press there leaves the focus where it
// is, or it would end beside what was pressed.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.(":is(.composer-said, .composer-problems) :is(a, button)")) event.preventDefault();
});

// The button that undoes goes with its line: the focus goes on in the words.
let undoes = false;
document.addEventListener("htmx:oobBeforeSwap", ({ target }) => {
  if (target.id === "composer-said") undoes = target.contains(document.activeElement);
});
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  if (target.id === "composer-said" && undoes && document.activeElement === document.body) prompt()?.focus();
});

// What was asked for is counted in the header at once; where no card of it appears it is said here.
document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
  const counter = document.getElementById("queue-count");
  if (target.id !== "composer-said") return;
  if (counter) htmx.trigger(counter, "look");
  const isSilent = target.closest("[hx-swap]")?.getAttribute("hx-swap") === "none";
  if (isSilent) document.getElementById("said").textContent = wordsOf(target);
  // What can be undone stays until something else is said.
  if (!target.querySelector("button")) setTimeout(() => forgetAsked(target), TOLD);
});

/** It leaves when it has been read; never from under a pointer or the focus. */
function forgetAsked(line) {
  if (line.matches(":hover, :focus-within")) setTimeout(() => forgetAsked(line), TOLD);
  else line.replaceChildren();
}

// A redrawn form keeps what was folded out, and its place where it scrolls: as a sheet, or as a column.
const folds = { sheet: false, more: false, places: [] };
const scrolling = () => [...document.querySelectorAll("#create-options, .create-scroll")];
document.addEventListener("htmx:beforeSwap", () => {
  folds.places = scrolling().map((each) => each.scrollTop);
  folds.sheet = document.querySelector("#create-options:popover-open") !== null;
  folds.more = document.querySelector(".create-more")?.open ?? false;
});
document.addEventListener("htmx:afterSwap", (event) => {
  const options = document.getElementById("create-options");
  if (folds.sheet && options?.popover && !options.matches(":popover-open")) options.showPopover();
  if (folds.more) document.querySelector(".create-more")?.setAttribute("open", "");
  for (const [at, each] of scrolling().entries()) each.scrollTop = folds.places[at] ?? 0;
  if (["create-sitting", "active", "fresh"].includes(event.detail.target?.id))
    Object.assign(recent, { texts: null, at: -1 });
  count();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt?.matches("[data-use-prompt]")) {
    document.getElementById("create-history")?.hidePopover();
    prompt()?.focus();
    return;
  }
  const wrong = document.querySelector("#create-form [aria-invalid='true']");
  if (event.target.id === "create-form" && wrong) wrong.focus();
  if (event.target.id === "create-sitting" && document.activeElement === document.body) prompt()?.focus();
});

count();
