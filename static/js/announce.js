// Says to who listens what becomes of their own requests: that they wait and where, and how they ended; and why nothing
// is sent. What others ask for is not told.
const said = document.getElementById("said");
const ENDED = ["done", "failed", "interrupted", "cancelled"];
// What was last known of each card, by its number.
const known = new Map();
let held = gates();

const squeeze = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";

function gates() {
  const banner = document.getElementById("gates");
  return banner && !banner.hidden ? banner.textContent.replace(/\s+/g, " ").trim() : "";
}

function words(card) {
  const pictures = Number(card.dataset.pictures);
  const many = pictures === 1 ? "1 picture" : `${pictures} pictures`;
  const error = card.dataset.state === "done" ? "" : squeeze(card.querySelector(".error"));
  return `Generation ${card.dataset.generation}, ${many}: ${squeeze(card.querySelector(".state"))}. ${error}`.trim();
}

/** Words for what has changed since the last look. `asked`: what is new was asked for on this page just now. */
function news(asked) {
  const told = [];
  for (const card of document.querySelectorAll(".card[data-mine]")) {
    const { generation, state } = card.dataset;
    const before = known.get(generation);
    if (before === state) continue;
    known.set(generation, state);
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
    for (const [generation, state] of known)
      if (!ENDED.includes(state) && !document.getElementById(`generation-${generation}`)) {
        known.delete(generation);
        told.push(`Generation ${generation} has left the queue.`);
      }
  const now = gates();
  if (now !== held) told.push(now || "Requests are sent again.");
  held = now;
  say(told);
});
