// What moves while one looks: seconds that count, and words when a request of htmx is refused.
function count() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    time.textContent = `${Math.max(0, Math.round((Date.now() - Date.parse(time.dataset.since)) / 1000))} s`;
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.round((Date.parse(time.dataset.until) - Date.now()) / 1000);
    time.textContent = left < 5 ? "a moment" : left < 90 ? `${5 * Math.round(left / 5)} s` : `${Math.round(left / 60)} min`;
  }
}

setInterval(count, 1000);
document.addEventListener("htmx:afterSwap", count);
count();

const WORDS = {
  403: "Only who made it, or staff, may do that.",
  409: "That is not possible any more.",
  429: "Too fast: please wait a moment.",
};

function say(words) {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = words;
  document.getElementById("notices").replaceChildren(notice);
  setTimeout(() => notice.remove(), 6000);
}

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status !== 401) say(WORDS[status] ?? "That did not work; what was already generated is kept.");
});
// Polls fail while the server restarts; only what a person did is worth a word.
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig.verb === "post") say("The server cannot be reached.");
});
