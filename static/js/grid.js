// The place is sacred: while one scrolls, the address names the picture at the top, so that reload, back and a
// shared link come to it again; what is put in above, or made larger, moves nothing that is looked at.
const grid = document.getElementById("grid");
const TOP = document.getElementById("filters") ? 88 : 48;
const quick = document.getElementById("quick");
const HEIGHT = /\bh\d+\b/;
let waiting = false;
let resting = 0;

const tiles = () => grid.querySelectorAll(":scope > .tile");

/** The first tile of the list whose lower edge is below what stays at the top: by halving, as tiles lie in order. */
function topmost(all) {
  let [low, high] = [0, all.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].getBoundingClientRect().bottom > TOP) high = middle;
    else low = middle + 1;
  }
  return low;
}

// While the viewer lies over the list, the address is the picture's.
const covered = () => document.querySelector(".layer") !== null;

function remember() {
  waiting = false;
  if (covered()) return;
  const all = tiles();
  if (!all.length) return;
  const place = topmost(all);
  const address = new URL(location.href);
  // The very top of the newest page stays plain: there new pictures are wanted.
  if (place === 0 && !document.querySelector('#newer [rel="prev"]')) address.searchParams.delete("from");
  else address.searchParams.set("from", all[place].dataset.at ?? all[place].dataset.image);
  markMonth(all[place]);
  if (address.href === location.href) return;
  history.replaceState(history.state, "", address);
  // The page that this address gives begins with that picture: the old offset would be elsewhere.
  history.scrollRestoration = address.searchParams.has("from") ? "manual" : "auto";
}

/** On the rail, the month of `tile`: that of the last day that begins before it or with it. */
function markMonth(tile) {
  const rail = document.getElementById("rail");
  if (!rail?.matches(".rail")) return;
  let day = "";
  for (const mark of grid.querySelectorAll("[data-day]")) {
    const order = tile.compareDocumentPosition(mark);
    if (order & Node.DOCUMENT_POSITION_FOLLOWING && !(order & Node.DOCUMENT_POSITION_CONTAINED_BY)) break;
    day = mark.dataset.day;
  }
  rail.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const month = day && rail.querySelector(`[data-month="${day.slice(0, 7)}"]`);
  if (!month) return;
  month.setAttribute("aria-current", "true");
  rail.scrollTop = month.offsetTop - rail.clientHeight / 2;
}

addEventListener("pagehide", () => {
  if (covered()) return;
  try {
    sessionStorage.setItem("list", location.pathname + location.search);
  } catch {
    // Then Esc on a picture leads to the gallery's beginning.
  }
});

addEventListener(
  "scroll",
  () => {
    document.body.classList.add("scrolls");
    clearTimeout(resting);
    resting = setTimeout(() => document.body.classList.remove("scrolls"), 1500);
    if (waiting) return;
    waiting = true;
    setTimeout(remember, 150);
  },
  { passive: true },
);

/** Does `change`, and scrolls so that the tile at the top stays where it is. */
function keepPlace(change) {
  const all = tiles();
  const anchor = all[topmost(all)];
  const before = anchor?.getBoundingClientRect().top;
  const root = document.documentElement;
  root.classList.add("keeps-place");
  change();
  if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  requestAnimationFrame(() => requestAnimationFrame(() => root.classList.remove("keeps-place")));
}

// What another script takes out of the list, or puts back.
document.addEventListener("grid:change", ({ detail }) =>
  keepPlace(() => {
    if (quick) quick.hidden = true;
    detail();
    tidy();
  }),
);

/** A picture that is there already comes no second time, and a day has one beginning. */
function tidy() {
  const seen = new Set();
  for (const tile of [...tiles()].reverse()) {
    if (seen.has(tile.dataset.image)) tile.remove();
    seen.add(tile.dataset.image);
  }
  let day = "";
  for (const mark of grid.querySelectorAll("[data-day]")) {
    const follows = mark.nextElementSibling;
    const isEmpty = mark.matches(".day") && !follows?.matches(".tile, .quick");
    if (mark.dataset.day !== day && !isEmpty) day = mark.dataset.day;
    else {
      if (mark.previousElementSibling?.matches(".fill")) mark.previousElementSibling.remove();
      mark.remove();
    }
  }
}

// htmx puts the page of newer pictures in by itself; the place is kept around that.
let isSwapped = false;
let above = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  isSwapped = event.detail.target === grid;
  if (!isSwapped || !event.detail.requestConfig.elt.closest("#newer")) return;
  const all = tiles();
  const anchor = all[topmost(all)];
  above = anchor && { anchor, top: anchor.getBoundingClientRect().top };
  document.documentElement.classList.add("keeps-place");
});
// It comes once for each piece that was put in.
document.addEventListener("htmx:afterSwap", () => {
  if (!isSwapped) return;
  isSwapped = false;
  if (quick) quick.hidden = true;
  tidy();
  if (!above) return;
  scrollBy({ top: above.anchor.getBoundingClientRect().top - above.top, behavior: "instant" });
  above = null;
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.documentElement.classList.remove("keeps-place")),
  );
});

// What the cards on top show already is not new.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "new") return;
  const done = [...document.querySelectorAll('#active [data-state="done"]')];
  event.detail.parameters.shown = done.map((card) => card.dataset.generation);
});

// The rows follow the slider at once; the server keeps the height when it is let go.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-density]")) return;
  if (quick) quick.hidden = true;
  keepPlace(() => {
    for (const rows of document.querySelectorAll(".grid"))
      rows.className = rows.className.replace(HEIGHT, `h${event.target.value}`);
  });
});

// Menus of the line close as menus do.
const menus = () => document.querySelectorAll(".filter[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What can be done with the picture that one points at or is on: links behind its tile, so that Tab comes to them.
function offer(tile) {
  if (!quick || !tile || quick.contains(document.activeElement)) return;
  if (quick.previousElementSibling === tile && !quick.hidden) return;
  for (const link of quick.querySelectorAll("[data-of]")) {
    const [before, after] = link.dataset.of.split("0", 2);
    link.href = `${before}${tile.dataset.image}${after}`;
  }
  quick.hidden = false;
  // As many as there is room for; the others have their keys, and stand on the picture's page.
  quick.dataset.room = Math.max(1, Math.min(4, Math.floor((tile.offsetWidth - 40) / 36)));
  tile.after(quick);
  quick.style.top = `${tile.offsetTop + (tile.querySelector(".mark") ? 28 : 0)}px`;
  quick.style.left = `${tile.offsetLeft}px`;
}
grid.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") offer(event.target.closest("#grid > .tile"));
});
grid.addEventListener("focusin", (event) => offer(event.target.closest("#grid > .tile")));
// Keys are about the tile that was touched last: the one that the pointer went to since then, or the one with focus. A
// pointer that rests goes nowhere, though the page moves under it.
function point(tile) {
  for (const each of grid.querySelectorAll("[data-pointed]")) if (each !== tile) each.removeAttribute("data-pointed");
  tile?.setAttribute("data-pointed", "");
}
document.addEventListener(
  "pointermove",
  (event) => {
    if (event.pointerType !== "mouse" || !(event.movementX || event.movementY)) return;
    if (!event.target.closest?.("#quick")) point(event.target.closest?.("#grid > .tile"));
  },
  { passive: true },
);
document.addEventListener("focusin", () => point(null));
grid.addEventListener("pointerleave", () => {
  if (quick && !quick.contains(document.activeElement)) quick.hidden = true;
});
