// Keys for the whole site. Dead while typing and beside modifiers, so none of them can spend money.
import { isTyping } from "./events.js";

const help = document.getElementById("keys");

// Safari ends a composition before its last key, which is then known by its code alone.
const composing = (event) => event.isComposing || event.keyCode === 229;
/** The links of the tiles: a tile that can be selected holds its link beside its box. */
const tiles = () => [...document.querySelectorAll("#active .tile, #grid :is(a.tile, .tile > a)")];

/** The tile that lies nearest in the row above or below. */
function vertical(all, from, down) {
  const box = from.getBoundingClientRect();
  const middle = box.left + box.width / 2;
  const tops = all.map((tile) => tile.getBoundingClientRect());
  const edges = tops.map((b) => b.top).filter((top) => (down ? top > box.top + 4 : top < box.top - 4));
  if (!edges.length) return null;
  const edge = down ? Math.min(...edges) : Math.max(...edges);
  let best = null;
  all.forEach((tile, index) => {
    const distance = Math.abs(tops[index].left + tops[index].width / 2 - middle);
    if (Math.abs(tops[index].top - edge) < 4 && (!best || distance < best.distance))
      best = { tile, distance };
  });
  return best?.tile;
}

function move(key) {
  const all = tiles();
  const at = all.indexOf(document.activeElement);
  if (at < 0) {
    const seen = all.find((tile) => tile.getBoundingClientRect().bottom > 60);
    return seen;
  }
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  return vertical(all, all[at], key === "ArrowDown");
}

function arrow(event) {
  // The viewer has arrows of its own.
  if (document.getElementById("viewer")) return;
  const next = document.querySelector("[data-grid]") && move(event.key);
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function escape(event) {
  const menu = document.querySelector(".person[open]");
  if (document.querySelector("dialog[open]")) return;
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    // Nothing else closes with it.
    event.preventDefault();
  } else if (isTyping(event.target)) event.target.blur();
}

document.addEventListener("keydown", (event) => {
  if (composing(event)) return;
  if (event.key === "Escape") return escape(event);
  if (
    isTyping(event.target) ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    document.querySelector("dialog[open]")
  )
    return;
  if (event.key.startsWith("Arrow")) arrow(event);
  else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.select();
  } else if (event.key === "?") openHelp();
});

/** From its top: the browser scrolls to the button that it gives the focus to. */
function openHelp() {
  help?.showModal();
  help?.scrollTo(0, 0);
}
document.querySelector("[data-open-keys]")?.addEventListener("click", openHelp);
document.addEventListener("click", (event) => {
  const menu = document.querySelector(".person[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
