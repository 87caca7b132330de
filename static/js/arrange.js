// Arranging a collection: by drag (mouse and touch, at the grip), by the buttons, and by Shift with arrow keys, Home
// and End. Each move is sent at once and done here when the server has done it; without this script the buttons post.
import { reasonIn, shortened } from "./events.js";

const grid = document.querySelector("[data-arranged]");
const said = document.getElementById("said");
const KEYS = { ArrowLeft: "earlier", ArrowRight: "later", Home: "first", End: "last" };
// Near an edge of the window a drag scrolls it, by so many pixels each frame.
const EDGE = 60;
const SPEED = 14;

const cards = () => [...grid.querySelectorAll(":scope > [data-image]")];
const say = (words) => said && (said.textContent = words);

const orderOf = (card) => card.querySelector('[data-action="arrange"]');

/** `done` is what becomes of the picture, as it is told where that did not work. */
async function send(form, fields, done = "moved") {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
  } catch {
    throw new NotMoved(`The server cannot be reached: the picture may not have been ${done}.`);
  }
  if (answer.ok) return;
  if (answer.status === 401) throw new NotMoved();
  throw new NotMoved(`${reasonIn(await answer.text()) || "That did not work."} The picture was not ${done}.`);
}

/** The order on the server is as it was. Without words one is signed out, which the page itself says. */
class NotMoved extends Error {}

function refuse({ message }) {
  if (!message) return location.reload();
  document.dispatchEvent(new CustomEvent("live:say", { detail: message }));
}

// One move after the other, each over the order that the one before has made.
let moves = Promise.resolve();
const inTurn = (work) => (moves = moves.then(work).catch(refuse));

function tell(card) {
  const all = cards();
  say(`Picture ${card.dataset.image} is number ${all.indexOf(card) + 1} of the ${all.length} that are shown.`);
}

/** The picture that it then stands before or after: that one is seen here, whatever others have moved meanwhile. */
const beside = ({ before, after }) => (before ? { before: before.dataset.image } : { after: after.dataset.image });

/** Where a move leads among the cards that are here, itself at an end of all; null where that is on another page. */
function target(card, way) {
  const all = cards();
  const at = all.indexOf(card);
  const isStart = !document.querySelector('.newer a[rel="prev"]');
  const isEnd = !document.querySelector('#pager [rel="next"]');
  if (way === "earlier" && at > 0) return { before: all[at - 1] };
  if (way === "later" && at < all.length - 1) return { after: all[at + 1] };
  if (way === "first" || way === "earlier") return isStart ? { before: all[0] } : null;
  return isEnd ? { after: all.at(-1) } : null;
}

/** The card goes; who stood on its `control` goes on at the same one of the next. */
function leave(card, control, words) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const held = [document.body, control].includes(document.activeElement);
  const { form, value } = control;
  const same = form ? `[data-action="${form.dataset.action}"] button${value && `[value="${value}"]`}` : "a";
  card.remove();
  shortened();
  if (held) (next?.querySelector(same) ?? document.getElementById("main")).focus({ preventScroll: true });
  say(`Picture ${card.dataset.image} ${words}.`);
}

function takeOut(card, button) {
  inTurn(async () => {
    if (!card.isConnected) return;
    await send(button.form, {}, "taken out");
    leave(card, button, "is not in this collection any more");
  });
}

const move = (card, way, control) => inTurn(() => moveNow(card, way, control));

async function moveNow(card, way, control) {
  const place = target(card, way);
  if (place?.before === card || place?.after === card) return tell(card);
  const fields = place && ["earlier", "later"].includes(way) ? beside(place) : { move: way };
  await send(orderOf(card), fields);
  if (!place) {
    const where = { first: "the first", last: "the last" }[way] ?? `one place ${way}`;
    return leave(card, control, `is ${where} now, beyond those that are shown`);
  }
  if (place.before) place.before.before(card);
  else place.after.after(card);
  // Who has gone on meanwhile stays there.
  if ([document.body, control].includes(document.activeElement)) control.focus();
  card.scrollIntoView({ block: "nearest" });
  tell(card);
}

grid.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches('[data-action="arrange"], [data-action="uncollect"]') || !submitter) return;
  event.preventDefault();
  const card = form.closest("[data-image]");
  if (form.dataset.action === "uncollect") takeOut(card, submitter);
  else move(card, submitter.value, submitter);
});

grid.addEventListener("keydown", (event) => {
  const card = event.target.closest("[data-image]");
  if (!card || !event.shiftKey || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  move(card, KEYS[event.key], event.target);
});

let drag = null;

grid.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".grip");
  if (!grip || event.button) return;
  event.preventDefault();
  const card = grip.closest("[data-image]");
  drag = { card, next: card.nextElementSibling, y: event.clientY, x: event.clientX, grip };
  grip.setPointerCapture(event.pointerId);
  card.classList.add("dragged");
  requestAnimationFrame(scrollAlong);
});

function scrollAlong() {
  if (!drag) return;
  if (drag.y < EDGE + 48) scrollBy(0, -SPEED);
  else if (drag.y > innerHeight - EDGE) scrollBy(0, SPEED);
  put();
  requestAnimationFrame(scrollAlong);
}

/** The dragged card before or behind the one that the pointer is over, by which half of it that is. */
function put() {
  const over = document.elementFromPoint(drag.x, drag.y)?.closest("[data-arranged] > [data-image]");
  if (!over || over === drag.card) return;
  const box = over.getBoundingClientRect();
  const isBehind = drag.x > box.left + box.width / 2;
  if (isBehind && over.nextElementSibling !== drag.card) over.after(drag.card);
  else if (!isBehind && over.previousElementSibling !== drag.card) over.before(drag.card);
}

grid.addEventListener("pointermove", (event) => {
  if (!drag) return;
  Object.assign(drag, { x: event.clientX, y: event.clientY });
});

function drop(isKept) {
  if (!drag) return;
  const { card, next } = drag;
  drag = null;
  card.classList.remove("dragged");
  const back = () => (next ? next.before(card) : grid.append(card));
  if (!isKept) return back();
  if (card.nextElementSibling === next) return;
  const fields = beside({ before: card.nextElementSibling, after: card.previousElementSibling });
  inTurn(async () => {
    try {
      await send(orderOf(card), fields);
    } catch (error) {
      back();
      throw error;
    }
    tell(card);
  });
}

grid.addEventListener("pointerup", () => drop(true));
grid.addEventListener("pointercancel", () => drop(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drag) return;
  event.preventDefault();
  drop(false);
});
