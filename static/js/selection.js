// What is selected, for this tab: it survives actions, more pages and a reload. The check boxes are the form's own;
// those of pictures that are not on this page go with it as one list of ids.
import { isDone, reasonIn, shortened, wordsOf } from "./events.js";

const bar = document.getElementById("selection");
const said = document.getElementById("said");
const grid = document.getElementById("grid");
// The same list, however it is sorted and wherever one is in it.
const KEY = `selection ${location.pathname} ${new URLSearchParams(location.search).get("q") ?? ""}`;
/** A picture of the list, whatever it looks like there. */
const TILE = "#grid > [data-image]";
// So long a finger rests on a tile until that means to select it.
const LONG = 450;
// A deed that takes longer says that it goes on: a hundred thousand pictures take half a minute.
const SLOW = 800;

const selected = new Set();
let all = false;
/** After one was taken out of all that match: what is not loaded here is selected no more. */
let narrowed = false;
let last = null;
/** After *Select* was pressed a click means to select; beside circles alone it opens the picture as ever. */
// What was typed into the bar before a sign-in is seen there, also where nothing is selected any more.
let choosing = bar.matches("[data-filled]");
/** While a deed is on its way. */
let busy = false;
/** What was thrown away here, by its moment: the tiles and where they stood. */
const thrown = new Map();

const boxes = () => grid.querySelectorAll(".pick");
const boxOf = (tile) => tile?.querySelector(".pick");
const selecting = () => document.body.classList.contains("selecting");

function keep() {
  try {
    if (all || selected.size) sessionStorage.setItem(KEY, JSON.stringify({ all, ids: [...selected] }));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Then it lasts as long as this page.
  }
}

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    all = kept.all === true;
    for (const id of kept.ids ?? []) selected.add(String(id));
  } catch {
    // Nothing of ours.
  }
}

/** Show on the page what is so; boxes that have come since say what they are. */
function draw(on = choosing || all || selected.size > 0) {
  for (const box of boxes()) {
    box.checked = all || selected.has(box.value);
    // X selects the tile with focus: as long as nothing is selected, no box is one more stop for who goes by keys.
    box.tabIndex = on ? 0 : -1;
  }
  document.body.classList.toggle("selecting", on);
  const found = document.querySelector("[data-found]")?.textContent.trim();
  bar.querySelector("[data-selected]").textContent = all ? `All${found ? ` ${found}` : ""}` : String(selected.size);
  bar.querySelector("[data-selected-words]").textContent = told();
  bar.elements.all.checked = all;
  for (const button of bar.querySelectorAll("[data-select-all], [data-select-view]")) button.hidden = all;
  // One deed after the other: of two at once the earlier might come last.
  for (const button of bar.querySelectorAll("[data-verb]")) button.disabled = busy || (!all && !selected.size);
}

function say(words) {
  if (said) said.textContent = words;
}

const told = () => (narrowed ? "of those in view selected; the others are not any more" : "selected");
const count = () => (all ? "All that match are selected." : `${selected.size} ${told()}.`);

function set(box, on) {
  if (all && on) return;
  // From all that match, those in view stay when one of them goes.
  if (all) {
    all = false;
    for (const each of boxes()) selected.add(each.value);
  }
  if (on) selected.add(box.value);
  else selected.delete(box.value);
}

function choose(box, on, isRange) {
  const list = [...boxes()];
  const [from, to] = [list.indexOf(last), list.indexOf(box)];
  narrowed = all && !on;
  if (isRange && from >= 0) for (const each of list.slice(Math.min(from, to), Math.max(from, to) + 1)) set(each, on);
  else set(box, on);
  last = box;
  keep();
  draw();
  say(count());
}

const linkOf = (tile) => tile?.querySelector("a[href]");

/** Who goes by keys and stood on what is gone, or switched off, stands at the first of these that is there. */
function goOn(...places) {
  const held = document.activeElement;
  if (held !== document.body && held.checkVisibility() && !held.disabled) return;
  const main = document.getElementById("main");
  for (const place of [...places, grid.querySelector("a[href]"), document.querySelector("[data-select]"), main]) {
    place?.focus({ preventScroll: true });
    if (place && document.activeElement === place) return;
  }
}

/** What is not one's own to bring back has no box. */
function toggle(tile, isRange) {
  const box = boxOf(tile);
  if (box) choose(box, !box.checked, isRange);
  else refuse("Only who made a picture, or staff, may bring it back.");
}

function selectView() {
  narrowed = false;
  for (const box of boxes()) set(box, true);
  keep();
  draw();
  say(count());
}

function clear() {
  const tile = last?.closest(TILE);
  all = narrowed = false;
  choosing = false;
  selected.clear();
  last = null;
  keep();
  draw();
  say("Nothing is selected.");
  return tile;
}

// While anything is selected, a touch of a tile or a click with Shift selects it too, and opens nothing. Enter is a
// click without a pointer, and with Ctrl one wants a tab.
const means = ({ detail, pointerType, shiftKey, ctrlKey, metaKey }) =>
  selecting() && (pointerType === "touch" || shiftKey || (choosing && detail > 0 && !ctrlKey && !metaKey));
let isRange = false;
let held = false;
addEventListener(
  "click",
  (event) => {
    const tile = event.target.closest?.(TILE);
    if (!tile || event.button) return;
    isRange = event.shiftKey;
    if (event.target !== boxOf(tile) && (held || means(event))) {
      event.stopPropagation();
      event.preventDefault();
      if (!held) toggle(tile, event.shiftKey);
    }
    held = false;
  },
  true,
);
grid.addEventListener("change", (event) => {
  if (event.target.matches(".pick")) choose(event.target, event.target.checked, isRange);
  isRange = false;
});

let resting = 0;
grid.addEventListener("pointerdown", (event) => {
  const tile = event.target.closest(TILE);
  held = false;
  if (event.pointerType !== "touch" || !tile || event.target.matches(".pick")) return;
  clearTimeout(resting);
  resting = setTimeout(() => {
    held = true;
    toggle(tile, false);
  }, LONG);
});
for (const end of ["pointerup", "pointercancel", "pointermove", "scroll"])
  addEventListener(
    end,
    (event) => {
      // A finger that rests trembles.
      if (end !== "pointermove" || Math.hypot(event.movementX, event.movementY) > 4) clearTimeout(resting);
    },
    { passive: true, capture: true },
  );
grid.addEventListener("contextmenu", (event) => {
  if (held) event.preventDefault();
});

const typing = (target) => target.matches("input:not(.pick), textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open], .layer")) return;
  const key = event.key.toLowerCase();
  const tile = grid.querySelector("[data-pointed]") ?? event.target.closest(TILE);
  if ((event.ctrlKey || event.metaKey) && key === "a") {
    event.preventDefault();
    selectView();
  } else if (event.ctrlKey || event.metaKey) return;
  else if (key === "g" && selecting()) bar.querySelector("button:not([hidden])").focus();
  else if (key === "x" && tile) toggle(tile, event.shiftKey);
  else if (key === "escape" && selecting() && !document.querySelector(".filter[open], .person[open]"))
    goOn(linkOf(clear()));
  else if (key === "delete" && (all || selected.size)) bar.querySelector('[data-verb="trash"]')?.click();
});

// Enter in a box means the button beside it; the browser would press the first one of the bar.
bar.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || !event.target.matches("input")) return;
  event.preventDefault();
  event.target.closest("p").querySelector("[data-verb]")?.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-select]")) {
    choosing = true;
    draw(true);
    say("Choose pictures.");
  } else if (event.target.closest("[data-select-view]")) selectView();
  else if (event.target.closest("[data-select-none]")) goOn(linkOf(clear()));
  else if (event.target.closest("[data-select-all]")) {
    all = true;
    narrowed = false;
    keep();
    draw();
    say(count());
    goOn(bar.querySelector("[data-select-none]"));
  }
});

// All ids as one field: a form has at most a thousand.
bar.addEventListener("formdata", (event) => {
  event.formData.delete("image");
  const shown = [...document.querySelectorAll(TILE)].map(({ dataset }) => dataset.image);
  if (all) event.formData.set("shown", shown.join(","));
  else event.formData.set("image", [...selected].join(","));
});

// In place: the answer is the message alone. An archive is the browser's to save.
bar.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button || ["download", "together", "compare"].includes(button.dataset.verb)) return;
  event.preventDefault();
  if (!all && !selected.size) return;
  const ids = all ? null : [...selected];
  const rating = bar.elements.rating?.value;
  const body = new URLSearchParams(new FormData(bar, button));
  const held = document.activeElement === button;
  let way = false;
  busy = true;
  draw();
  const goesOn = sayWhenSlow();
  document.dispatchEvent(new CustomEvent("selection:sent"));
  try {
    const answer = await fetch(button.formAction, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", "HX-Current-URL": location.href },
      credentials: "same-origin",
    });
    // What was typed beside it is told after the sign-in; what is selected waits in this tab.
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere || answer.status === 401) return location.assign(elsewhere || location.href);
    const text = await answer.text();
    busy = false;
    way = show(text, answer.ok && { ...button.dataset, ids, rating });
  } catch {
    refuse("The server cannot be reached.");
  } finally {
    goesOn.end();
    busy = false;
    draw();
    if (held) goOn(button);
    document.dispatchEvent(new CustomEvent("selection:answered", { detail: { way } }));
  }
});

/** A notice that stands there until it is ended, once that takes a while. */
function sayWhenSlow() {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = "Working… This can take a minute.";
  const timer = setTimeout(() => document.getElementById("notices").append(notice), SLOW);
  return {
    end() {
      clearTimeout(timer);
      notice.remove();
    },
  };
}

/** What is selected stays so, and what can still be undone stays there. */
const refuse = (words) => document.dispatchEvent(new CustomEvent("live:say", { detail: words }));

/** Whether there is a way back from it now. */
function show(html, done) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const note = parsed.querySelector(".notice");
  if (!done) {
    const words = wordsOf(note) || reasonIn(html);
    refuse(words || "That did not work. What you selected is still selected.");
    return false;
  }
  const notices = document.getElementById("notices");
  notices.replaceChildren(...(note ? [document.importNode(note, true)] : []));
  htmx.process(notices);
  const shown = notices.firstElementChild;
  const way = shown?.querySelector("form");
  if (shown && !way) setTimeout(() => shown.remove(), 8000);
  follow(done, note);
  return Boolean(way);
}

/** What the page shows of it at once. */
function follow({ verb, takesAway, ids, rating }, note) {
  const left = new Set((note?.dataset.left ?? "").split(" "));
  const tiles = [...document.querySelectorAll(TILE)].filter(
    ({ dataset }) => (ids ? ids.includes(dataset.image) : true) && !left.has(dataset.image),
  );
  if (verb === "favourite" || verb === "unfavourite")
    for (const tile of tiles) tile.dataset.favourite = String(verb === "favourite");
  if (verb === "mark_sensitive" || verb === "unmark_sensitive")
    for (const { dataset } of tiles) {
      const detail = { image: dataset.image, sensitive: verb === "mark_sensitive" };
      document.dispatchEvent(new CustomEvent("sensitive:changed", { detail }));
    }
  if (verb === "rate") for (const tile of tiles) tile.dataset.rating = rating;
  if (takesAway !== undefined) takeAway(tiles, ids, note?.dataset.undo);
}

function takeAway(tiles, ids, moment) {
  const places = tiles.map((tile) => ({ tile, next: tile.nextSibling }));
  // The next picture that stays, or else the one before.
  const every = [...document.querySelectorAll(TILE)];
  const gone = new Set(tiles);
  const stays = (tile) => !gone.has(tile);
  const at = every.indexOf(tiles.at(-1));
  const beside = every.slice(at + 1).find(stays) ?? every.slice(0, Math.max(at, 0)).reverse().find(stays);
  document.getElementById("quick")?.setAttribute("hidden", "");
  for (const { tile } of places) tile.remove();
  shortened();
  if (moment) thrown.set(moment, places);
  // What was selected since stays selected.
  for (const id of ids ?? []) selected.delete(id);
  if (!ids || !selected.size) clear();
  keep();
  draw();
  goOn(linkOf(beside));
}

// Undone: the same tiles, where they stood.
document.addEventListener("htmx:afterRequest", (event) => {
  // The form itself is gone by then: the answer stands in its place.
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches('[data-action="undo-trash"]') || !isDone(event.detail)) return;
  const moment = form.elements.trashed.value;
  const places = thrown.get(moment);
  thrown.delete(moment);
  if (!places) return location.reload();
  for (const { tile, next } of places.reverse()) grid.insertBefore(tile, next?.parentNode === grid ? next : null);
  draw();
  goOn(linkOf(places.at(-1)?.tile));
});

// What leaves the list one by one is selected no more; brought back, it is as it was.
const one = new Set();
const [LEAVES, RETURNS] = grid.matches("[data-trash]") ? ["restored", "trashed"] : ["trashed", "restored"];
for (const [name, from, to] of [[LEAVES, selected, one], [RETURNS, one, selected]])
  document.addEventListener(`picture:${name}`, ({ detail }) => {
    const id = String(detail.id);
    if (!from.delete(id)) return;
    to.add(id);
    keep();
    draw();
  });

// Another page of this list may have selected other pictures, in this tab, when one comes back to this one.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  all = narrowed = false;
  selected.clear();
  recall();
});
for (const name of ["htmx:afterSettle", "pageshow"]) addEventListener(name, () => draw(selecting()));
recall();
draw();
