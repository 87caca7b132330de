// Says to who listens what becomes of their own requests: that they wait and where, and how they ended; and why nothing
// is sent. What others ask for is not told.
import { wordsOf } from "./events.js";

const said = document.getElementById("said");
const ENDED = ["done", "failed", "interrupted", "cancelled"];
// A click of several is told as one, as long as any of it is under way.
const MINE = ".card[data-mine]:not(.batch[data-mine] *), .batch[data-mine]";
// What was last known of each card, and of each click, by its id.
const known = new Map();
let held = gates();


function gates() {
  const banner = document.getElementById("gates");
  return banner && !banner.hidden ? wordsOf(banner) : "";
}

const name = (id) => id.replace(/^generation-/, "Generation ").replace(/^batch(-line)?-/, "Click ");

function words(card) {
  if (card.dataset.batch) return `${name(card.id)}, ${wordsOf(card.querySelector(".batch-title"))}.`;
  const pictures = Number(card.dataset.pictures);
  const many = pictures === 1 ? "1 picture" : `${pictures} pictures`;
  const error = card.dataset.state === "done" ? "" : wordsOf(card.querySelector(".error"));
  return `${name(card.id)}, ${many}: ${wordsOf(card.querySelector(".state"))}. ${error}`.trim();
}

/** Words for what has changed since the last look. `asked`: what is new was asked for on this page just now. */
function news(asked) {
  const told = [];
  for (const card of document.querySelectorAll(MINE)) {
    const { state } = card.dataset;
    const before = known.get(card.id);
    if (before === state) continue;
    known.set(card.id, state);
    if (before === undefined ? asked : ENDED.includes(state)) told.push(words(card));
  }
  return told;
}

function say(told) {
  if (!said || !told.length) return;
  said.textContent = told.join(" ");
}

news(false);
// What comes with another picture is not what was asked for just now.
document.addEventListener("viewer:shown", () => news(false));
document.addEventListener("htmx:afterSettle", (event) => {
  const told = news(event.detail.requestConfig?.verb === "post");
  // In the queue what is done stands no more.
  if (document.getElementById("queue"))
    for (const [id, state] of known)
      if (!ENDED.includes(state) && !document.getElementById(id)) {
        known.delete(id);
        told.push(`${name(id)} has left the queue.`);
      }
  const now = gates();
  if (now !== held) told.push(now || "Requests are sent again.");
  held = now;
  say(told);
});
