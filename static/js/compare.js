// Pictures to compare are gathered in a tray, by key or button, wherever they are met: up to nine, for this tab.
import { isPlain, isTyping } from "./events.js";

const MOST = 9;
const KEPT = "beside";
const tray = document.getElementById("tray");
const said = document.getElementById("said");

let gathered = read();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]").slice(0, MOST);
  } catch {
    return [];
  }
}

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(gathered));
  } catch {
    // Without storage they are gathered for this page.
  }
}

const address = () => `${tray.dataset.address}?images=${gathered.map(({ id }) => id).join(",")}`;
const say = (words) => said && (said.textContent = words);

function draw() {
  if (!tray) return;
  tray.hidden = !gathered.length;
  tray.querySelector("ol").replaceChildren(...gathered.map(entry));
  const all = tray.querySelector("[data-compare-all]");
  all.href = address();
  all.hidden = gathered.length < 2;
  all.textContent = `Compare ${gathered.length}`;
}

/** A thumbnail that takes its picture out of the tray. */
function entry({ id, src, sensitive }) {
  const [item, button, image] = ["li", "button", "img"].map((name) => document.createElement(name));
  button.type = "button";
  button.dataset.ungather = id;
  button.title = "Take it out";
  button.classList.toggle("sensitive", sensitive);
  image.src = src;
  image.alt = `Take picture ${id} out`;
  button.append(image);
  item.append(button);
  return item;
}

function toggle(picture) {
  const before = gathered.length;
  gathered = gathered.filter(({ id }) => id !== picture.id);
  if (gathered.length < before) say(`Picture ${picture.id} is not to be compared any more.`);
  else if (before === MOST) return say(`At most ${MOST} pictures can be compared: the tray is full.`);
  else {
    gathered.push(picture);
    const more = gathered.length > 1 ? `${gathered.length} in all. Shift C compares them.` : "C on another adds it.";
    say(`Picture ${picture.id} is to be compared. ${more}`);
  }
  keep();
  draw();
}

/** What stands in `element`, as the tray keeps it. */
function pictureIn(element, id) {
  const image = element?.querySelector("img");
  return image && { id, src: image.getAttribute("src"), sensitive: element.classList.contains("sensitive") };
}

/** The picture of the viewer, or of the tile that one points at, or else is on. */
function current() {
  const viewer = document.getElementById("viewer");
  if (viewer) return pictureIn(viewer.querySelector(".picture"), viewer.dataset.viewer);
  const tile =
    document.querySelector(".tile[data-pointed]") ?? document.activeElement?.closest(".tile[data-image]");
  return tile && pictureIn(tile, tile.dataset.image);
}

/** The picture that a link to the comparison is about. */
function meant(link) {
  const id = new URL(link.href).searchParams.get("images");
  const shown = document.querySelectorAll(`:is(.tile, .picture)[data-image="${CSS.escape(id)}"]`);
  return pictureIn([...shown].at(-1), id);
}

document.addEventListener("click", (event) => {
  if (!tray || !isPlain(event)) return;
  const link = event.target.closest?.("[data-compare]");
  const picture = link && meant(link);
  const out = event.target.closest?.("[data-ungather]");
  if (picture) {
    event.preventDefault();
    toggle(picture);
  } else if (out) {
    toggle({ id: out.dataset.ungather });
    (tray.querySelector("[data-ungather]") ?? document.getElementById("main")).focus({ preventScroll: true });
  } else if (event.target.closest?.("[data-clear-tray]")) {
    gathered = [];
    keep();
    draw();
    say("The tray is empty.");
    document.getElementById("main").focus({ preventScroll: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (!tray || event.defaultPrevented || event.isComposing || event.key.toLowerCase() !== "c") return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) return;
  if (event.shiftKey && gathered.length > 1) location.assign(address());
  else if (event.shiftKey) say("There are not two pictures to compare yet: C adds one.");
  else {
    const picture = current();
    if (picture) toggle(picture);
  }
});

// Another page of this tab may have changed it, when one comes back to this one.
addEventListener("pageshow", () => {
  gathered = read();
  draw();
});
