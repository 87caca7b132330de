// Throwing away and bringing back: a tile leaves its list without moving what one looks at, the viewer goes on to the
// next picture, and what was done last can be undone where it was done.
import { isTyping, shortened } from "./events.js";

const said = document.getElementById("said");
const form = document.getElementById("trash-by-key");
// By picture: its tile, what stood behind it, what stands in its place, and the address of its page.
const gone = new Map();

const viewer = () => document.getElementById("viewer");
const tileOf = (id) => document.querySelector(`[data-grid] > [data-image="${CSS.escape(id)}"]`);
const link = (tile) => (tile?.matches("a") ? tile : tile?.querySelector("a[href]"));

/** Within the grid's own way of keeping its place, where there is one. */
function change(work) {
  let done = false;
  const once = () => {
    if (!done) work();
    done = true;
  };
  document.dispatchEvent(new CustomEvent("grid:change", { detail: once }));
  once();
}

function neighbour(tile, way) {
  let each = tile[way];
  while (each && !each.matches("[data-image]")) each = each[way];
  return each;
}

function take(id) {
  const tile = tileOf(id);
  const kept = { address: viewer()?.dataset.viewer === id ? viewer().dataset.address : null };
  gone.set(id, kept);
  if (tile && !tile.closest("[data-trash]")) {
    const next = neighbour(tile, "nextElementSibling") ?? neighbour(tile, "previousElementSibling");
    const held = tile.contains(document.activeElement);
    const template = document.querySelector(`[data-undo="${CSS.escape(id)}"] [data-instead]`);
    const instead = template && document.importNode(template.content, true).querySelector("[data-image]");
    change(() => {
      let behind = tile.nextElementSibling;
      // What floats over a tile stands behind it, and goes on to the next.
      if (behind?.id === "quick") behind = behind.nextElementSibling;
      Object.assign(kept, { tile, instead, parent: tile.parentElement, behind });
      if (instead) tile.replaceWith(instead);
      else tile.remove();
    });
    if (held) link(instead ?? next)?.focus({ preventScroll: true });
    shortened();
  }
  redraw(id);
  if (viewer()?.dataset.viewer === id) document.dispatchEvent(new CustomEvent("viewer:go"));
}

function putBack(id) {
  const row = document.querySelector(`[data-trash] > [data-image="${CSS.escape(id)}"]`);
  if (row) goOn(row);
  const kept = gone.get(id);
  gone.delete(id);
  if (kept?.tile && kept.parent.isConnected) {
    change(() => {
      if (kept.instead?.isConnected) kept.instead.replaceWith(kept.tile);
      else kept.parent.insertBefore(kept.tile, kept.behind?.isConnected ? kept.behind : null);
    });
    if (!viewer()) link(kept.tile)?.focus({ preventScroll: true });
  }
  redraw(id);
  const address = kept?.address ?? (viewer()?.dataset.viewer === id ? viewer().dataset.address : null);
  if (viewer() && address) document.dispatchEvent(new CustomEvent("viewer:go", { detail: address }));
  if (said) said.textContent = `Picture ${id} is back.`;
}

/** Who went by keys and closed the line about a picture stands at the picture, or beside the place that it left. */
function goOnFrom(id) {
  const kept = gone.get(id);
  const places = [
    viewer()?.querySelector(".stage"),
    ...[tileOf(id), kept?.instead, kept?.behind, kept?.behind?.previousElementSibling].map(link),
    ...document.querySelectorAll(`.side[data-image="${CSS.escape(id)}"] .picture, .side:not([hidden]) .picture`),
    ...document.querySelectorAll(linksOf(id)),
    link(document.querySelector("[data-grid]")),
    document.getElementById("main"),
  ];
  for (const place of places) {
    place?.focus({ preventScroll: true });
    if (place && document.activeElement === place) return;
  }
}

/** In the list of the trash what is back leaves its row: who goes on by keys finds the next one under the focus. */
function goOn(row) {
  const next = neighbour(row, "nextElementSibling") ?? neighbour(row, "previousElementSibling");
  const after = () => {
    shortened();
    if (document.activeElement !== document.body) return;
    (next?.querySelector("button") ?? link(next))?.focus({ preventScroll: true });
  };
  // Nothing comes in its place, so nothing settles.
  document.addEventListener("htmx:afterRequest", after, { once: true });
}

/** The links to it on cards of requests. */
const linksOf = (id) =>
  `.card [data-image="${CSS.escape(id)}"], .card .thrown a[href="/images/${CSS.escape(id)}/"]`;

/** Cards of a request tell which of its pictures are in the trash. */
function redraw(id) {
  for (const each of document.querySelectorAll(linksOf(id))) {
    const card = each.closest(".card");
    htmx.ajax("GET", `/generations/${card.dataset.generation}/card/`, { target: card, swap: "outerHTML" });
  }
}

document.addEventListener("picture:said", ({ detail }) => {
  if (said) said.textContent = detail.words;
});
document.addEventListener("picture:trashed", ({ detail }) => take(String(detail.id)));
document.addEventListener("picture:restored", ({ detail }) => putBack(String(detail.id)));

function throwAway() {
  if (viewer()) return viewer().querySelector('[data-action="trash"]')?.requestSubmit();
  const compared = document.querySelector(".side[data-pointed]");
  if (compared) return compared.querySelector('[data-action="trash"]')?.requestSubmit();
  const pointed = document.querySelector(".tile[data-pointed]");
  const tile = pointed ?? document.activeElement?.closest("[data-image]");
  if (!tile?.closest("[data-grid], #active, #create-sitting") || tile.closest("[data-trash]")) return;
  const grid = tile.closest("[data-grid]");
  const query = new URLSearchParams(location.search);
  query.delete("from");
  const [before, after] = form.dataset.of.split("0", 2);
  const instead = form.elements.instead;
  // Only the gallery shows stacks.
  instead.disabled = !grid || location.pathname !== "/";
  const values = Object.fromEntries(new FormData(form));
  // Each picture is a sender of its own: of two at once neither waits for the other, or is dropped.
  const to = { source: tile, target: "#undo", swap: "afterbegin", values };
  // What did not work is said by live.js.
  htmx.ajax("POST", `${before}${tile.dataset.image}${after}?${query}`, to).catch(() => {});
}

// The way back is that of the last deed, also when that is still on its way.
let underWay = 0;
let undoes = false;
const isJudging = () => document.querySelector("[data-judges]") !== null;
/** Of one picture it stands in a line of its own, of several that went together in the notice. */
const LINE = "#undo form";
const NOTICE = '#notices [data-action="undo-trash"]';
let latest = LINE;
const wayBack = () => document.querySelector(latest) ?? document.querySelector(`${LINE}, ${NOTICE}`);

function undo() {
  undoes = false;
  wayBack()?.requestSubmit();
}

/** Where it did not work there is nothing to undo. */
function answered(worked) {
  underWay -= 1;
  if (!worked) undoes = false;
  setTimeout(() => undoes && !underWay && !isJudging() && undo());
}

document.addEventListener("htmx:beforeSend", ({ detail: { xhr, target } }) => {
  if (!["undo", "notices"].includes(target?.id)) return;
  underWay += 1;
  xhr.addEventListener("loadend", () => answered(xhr.status === 200));
});
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const way = { undo: LINE, notices: NOTICE }[target?.id];
  if (way && document.querySelector(way)) latest = way;
});
document.addEventListener("selection:sent", () => (underWay += 1));
document.addEventListener("selection:answered", ({ detail: { way } }) => {
  if (way) latest = NOTICE;
  answered(way);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") || event.altKey || event.shiftKey) return;
  if (event.key === "Delete" && !event.ctrlKey && !event.metaKey && !event.repeat) {
    // What is selected goes together: selection.js.
    if (document.body.classList.contains("selecting") && !viewer()) return;
    event.preventDefault();
    throwAway();
  } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
    if (underWay || isJudging()) {
      event.preventDefault();
      undoes = true;
    } else if (wayBack()) {
      event.preventDefault();
      undo();
    }
  }
});

document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[data-undo-close]")?.closest(".undo-line");
  const held = line?.contains(document.activeElement);
  line?.remove();
  if (held) goOnFrom(line.dataset.undo ?? line.dataset.undoMark);
});
