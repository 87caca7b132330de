// Favourites and ratings: by keys in the grid and on a picture, by the star of a tile; and what is known of them
// wherever the picture stands on the page. The line that says what was done has its way back.
const form = document.getElementById("judge-by-key");
// What stood there before an answer came, to go back to when none does.
const before = new WeakMap();
let last = null;

const typing = (target) => target.matches("input, textarea, select, [contenteditable]");
const all = (id) => document.querySelectorAll(`:is(.tile, .picture)[data-image="${CSS.escape(id)}"]`);

function show(id, favourite, rating) {
  for (const each of all(id)) {
    each.dataset.favourite = String(favourite);
    each.dataset.rating = String(rating);
  }
  press();
}

/** The star above a tile is that of its picture. */
function press() {
  const star = document.querySelector("#quick [data-quick-favourite]");
  const tile = star?.closest("#quick").previousElementSibling;
  if (tile) star.setAttribute("aria-pressed", String(tile.dataset.favourite === "true"));
}

function send(picture, verb, field, value) {
  const [start, end] = form.dataset[`${verb}Of`].split("0", 2);
  const { image, favourite, rating } = picture.dataset;
  last = picture;
  before.set(picture, { image, favourite, rating });
  // At once: a key that is pressed twice takes back what it did.
  show(image, field === "favourite" ? value : (favourite ?? "false"), field === "rating" ? value : (rating ?? "0"));
  const values = { csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, [field]: value };
  // Each picture is a sender of its own: of two at once neither waits for the other, or is dropped.
  htmx.ajax("POST", `${start}${image}${end}`, { source: picture, target: "#undo", swap: "afterbegin", values });
}

const subject = () =>
  document.querySelector("#viewer .picture[data-image]") ??
  document.querySelector(".side[data-pointed] .picture") ??
  document.querySelector(".tile[data-pointed]") ??
  document.activeElement?.closest(".tile[data-image]") ??
  (document.activeElement?.closest("#quick")?.previousElementSibling || null);

/** Of several that are compared, none is meant yet. */
function sayWhich() {
  const said = document.querySelector("[data-beside]") && document.getElementById("said");
  if (said) said.textContent = "Which one? Point at a picture, or go to it with Tab.";
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat || typing(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const isFavourite = event.key.toLowerCase() === "f";
  if ((!isFavourite && !/^[0-5]$/.test(event.key)) || document.querySelector("dialog[open]")) return;
  const picture = form && subject();
  if (!picture?.dataset.image) return void (isFavourite && sayWhich());
  event.preventDefault();
  if (isFavourite) send(picture, "favourite", "favourite", String(picture.dataset.favourite !== "true"));
  else send(picture, "rate", "rating", event.key);
});

document.addEventListener("click", (event) => {
  const tile = event.target.closest?.("[data-quick-favourite]")?.closest("#quick").previousElementSibling;
  if (tile?.dataset.image) send(tile, "favourite", "favourite", String(tile.dataset.favourite !== "true"));
});

// The star goes to another tile with what is beside it.
for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, press);

document.addEventListener("picture:judged", ({ detail: { image, favourite, rating } }) => {
  show(image, favourite, rating);
});

// Who undoes by key has no button to stay on: the focus is where it was.
function holdFocus() {
  if (document.activeElement !== document.body || document.getElementById("viewer")) return;
  if (!last?.matches(".tile") || !last.isConnected) return;
  (last.querySelector(":scope > a") ?? last).focus({ preventScroll: true });
}
// A browser takes the focus away from what is gone only when it has drawn the page.
document.addEventListener("htmx:afterSettle", () => {
  holdFocus();
  requestAnimationFrame(() => requestAnimationFrame(holdFocus));
});

// One line is enough of what was judged: the last.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target?.id !== "undo") return;
  for (const line of [...target.querySelectorAll("[data-undo-mark]")].slice(1)) line.remove();
});

for (const kind of ["htmx:responseError", "htmx:sendError"])
  document.addEventListener(kind, ({ detail: { elt } }) => {
    const kept = elt && before.get(elt);
    if (kept) show(kept.image, kept.favourite ?? "false", kept.rating ?? "0");
  });
