// The place is sacred: while one scrolls, the address names the picture at the top, so that reload, back and a
// shared link come to it again.
const grid = document.getElementById("grid");
const HEADER = 48;
let waiting = false;

/** The first tile of the list whose lower edge is below the header: found by halving, as tiles lie in order. */
function topmost(tiles) {
  let [low, high] = [0, tiles.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tiles[middle].getBoundingClientRect().bottom > HEADER) high = middle;
    else low = middle + 1;
  }
  return low;
}

// While the viewer lies over the list, the address is the picture's.
const covered = () => document.querySelector(".layer") !== null;

function remember() {
  waiting = false;
  if (covered()) return;
  const tiles = grid.querySelectorAll(":scope > .tile");
  if (!tiles.length) return;
  const place = topmost(tiles);
  const address = new URL(location.href);
  // The very top of the newest page stays plain: there new pictures are wanted.
  if (place === 0 && !("newer" in grid.dataset)) address.searchParams.delete("from");
  else address.searchParams.set("from", tiles[place].dataset.image);
  if (address.href === location.href) return;
  history.replaceState(history.state, "", address);
  // The page that this address gives begins with that picture: the old offset would be elsewhere.
  history.scrollRestoration = address.searchParams.has("from") ? "manual" : "auto";
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
    if (waiting) return;
    waiting = true;
    setTimeout(remember, 150);
  },
  { passive: true },
);
