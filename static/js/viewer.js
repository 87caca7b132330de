// The viewer: a picture's page, shown over the grid that it was opened from; on a picture's own page it steps in place.
// One history entry however far one steps: Back and Esc come to the tile of the picture that one looked at last.
import { isPlain, isTyping } from "./events.js";

const PICTURE = /^\/images\/\d+\/$/;
const root = document.documentElement;
const said = document.getElementById("said");
const own = document.title;

/** The sheet over the grid; null on a picture's own page, and while none is shown. */
let layer = null;
let opened = null;
/** The composer of the page, which lies in the layer meanwhile, and where it belongs. */
let lent = null;
let scroll = 0;
// The browser restores a list's place after it has told of the step back, when the tile is in view already.
let restoration = "auto";
// Steps wait for each other: a key that is pressed before its picture is there counts all the same.
let queue = Promise.resolve();
let waiting = 0;

// Pages that were read ahead or looked at, for a minute; none after a form on them was sent.
const FRESH = 60_000;
const MOST = 12;
const pages = new Map();

const viewer = () => document.getElementById("viewer");
const narrow = () => matchMedia("(max-width: 959px)").matches;

function store(area, name, value) {
  try {
    if (value === null) area.removeItem(name);
    else if (value !== undefined) area.setItem(name, value);
    return area.getItem(name);
  } catch {
    // Without storage it holds for this page.
    return null;
  }
}

/** No server is there, or none behind its proxy. */
class Unreachable extends Error {}

async function read(address) {
  const asked = fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  const answer = await asked.catch(() => {
    throw new Unreachable();
  });
  if ([502, 503, 504].includes(answer.status)) throw new Unreachable();
  if (!answer.ok) throw new Error(String(answer.status));
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  return template.content;
}

function page(address) {
  const known = pages.get(address);
  if (known && performance.now() - known.at < FRESH) return known.content;
  const content = read(address);
  pages.set(address, { at: performance.now(), content });
  content.catch(() => pages.delete(address));
  if (pages.size > MOST) pages.delete(pages.keys().next().value);
  return content;
}

/** The pages on both sides, and their pictures as this window would choose them. */
async function readAhead(current) {
  for (const link of current.querySelectorAll("a[data-step]:is([rel=next], [rel=prev])")) {
    const content = await page(link.href).catch(() => null);
    const whole = content?.querySelector("img.whole");
    if (!whole) continue;
    for (const { src, sizes, srcset } of [whole, { src: whole.getAttribute("src"), sizes: "", srcset: "" }]) {
      const image = new Image();
      Object.assign(image, { sizes, srcset, src });
    }
  }
}

/** The control of the next picture that is what `old` was on the one before. */
function sameControl(next, old) {
  const kinds = ['a[rel="prev"]', 'a[rel="next"]', "[data-close]", "[data-info-switch]"];
  const kind = kinds.find((each) => old.matches(each));
  if (kind) return next.querySelector(kind);
  if (old.dataset.zoom) return next.querySelector(`[data-zoom="${old.dataset.zoom}"]`);
  const strip = old.closest(".filmstrip");
  return strip && next.querySelector(`.${strip.classList[1]} [aria-current]`);
}

function show(content, address) {
  const next = document.importNode(content, true).getElementById("viewer");
  const old = viewer();
  const focused = old?.contains(document.activeElement) || document.activeElement === document.body;
  const control = focused && old ? sameControl(next, document.activeElement) : null;
  if (old) old.replaceWith(next);
  else layer.append(next);
  htmx.process(next);
  history.replaceState(layer ? { viewer: true } : history.state, "", address);
  settle();
  if (focused) (control ?? next.querySelector(".stage")).focus({ preventScroll: true });
}

/** What holds whenever a picture has come: after a step, and on a picture's own page. */
function settle() {
  const current = viewer();
  document.title = current.dataset.title;
  store(sessionStorage, "looked", current.dataset.cover);
  for (const mark of current.querySelectorAll(".filmstrip [aria-current]")) {
    const strip = mark.closest(".filmstrip");
    strip.scrollLeft = mark.offsetLeft - (strip.clientWidth - mark.offsetWidth) / 2;
    strip.scrollTop = mark.offsetTop - (strip.clientHeight - mark.offsetHeight) / 2;
  }
  showSwitch();
  document.dispatchEvent(new CustomEvent("viewer:shown"));
  readAhead(current);
  if (layer) loadMore();
}

/** When the grid ends soon below the picture, it goes on: the way back leads to a tile. */
function loadMore() {
  const tiles = [...document.querySelectorAll("[data-grid] [data-image]")];
  const at = tiles.findIndex((each) => each.dataset.image === viewer().dataset.cover);
  const sentinel = document.querySelector(".sentinel");
  if (!sentinel || (at >= 0 && at < tiles.length - 20) || sentinel.dataset.hxRevealed) return;
  // htmx' own mark of what it has asked for.
  sentinel.setAttribute("data-hx-revealed", "true");
  htmx.trigger(sentinel, "revealed");
}

function step(address) {
  waiting += 1;
  let wanted = null;
  queue = queue
    .then(async () => {
      if (!viewer()) return;
      wanted = typeof address === "function" ? address() : address;
      if (!wanted) return;
      const content = await page(wanted);
      if (!viewer()) return;
      show(content, wanted);
      if (said) said.textContent = `${viewer().querySelector("[data-position]").textContent.trim()}: ${title()}`;
    })
    .catch((error) => goOr(error, wanted))
    .finally(() => (waiting -= 1));
}

/** Signed out, or gone: the page itself says so. Where no server is, one stays where one is. */
function goOr(error, address) {
  if (!(error instanceof Unreachable)) return location.assign(address);
  const words = "That picture could not be fetched: the server cannot be reached. Try again.";
  document.dispatchEvent(new CustomEvent("live:say", { detail: words }));
}

const title = () => viewer().querySelector("img.whole").alt;

function stepTo(rel) {
  step(() => viewer().querySelector(`a[rel="${rel}"][data-step]`)?.href);
  const end = viewer().querySelector(`[data-end="${rel}"]`);
  if (end && said) said.textContent = rel === "prev" ? "This is the first picture." : "This is the last picture.";
}

/** Among the pictures of the same request: `by` is -1 or 1. */
function stepAmongMates(by) {
  step(() => {
    const all = [...viewer().querySelectorAll(".mates a")];
    return all[all.findIndex((each) => each.ariaCurrent) + by]?.href;
  });
}

async function open(address, tile) {
  let content;
  try {
    content = await page(address);
  } catch (error) {
    goOr(error, address);
    return;
  }
  if (layer) return;
  store(sessionStorage, "list", location.pathname + location.search);
  opened = tile;
  restoration = history.scrollRestoration;
  history.scrollRestoration = "manual";
  history.pushState({ viewer: true }, "", address);
  raise(content, address);
}

function raise(content, address) {
  scroll = window.scrollY;
  layer = document.createElement("div");
  layer.className = "layer";
  layer.tabIndex = -1;
  layer.setAttribute("role", "dialog");
  layer.setAttribute("aria-modal", "true");
  layer.setAttribute("aria-label", "Picture");
  document.getElementById("main").append(layer);
  borrow();
  for (const each of below()) each.inert = true;
  document.dispatchEvent(new CustomEvent("viewer:opened"));
  show(content, address);
  viewer().querySelector(".stage").focus({ preventScroll: true });
}

/** One composer, with the words that stand in it: what it makes over a picture appears beside the picture. */
function borrow() {
  const dock = document.getElementById("dock");
  if (!dock) return;
  lent = { dock, place: document.createComment("composer"), target: dock.getAttribute("hx-target") };
  lent.swap = dock.getAttribute("hx-swap");
  lent.isDocked = dock.classList.contains("dock");
  dock.replaceWith(lent.place);
  dock.classList.add("dock");
  dock.setAttribute("hx-target", "#fresh");
  dock.setAttribute("hx-swap", "afterbegin");
  layer.append(dock);
}

function giveBack() {
  if (!lent) return;
  const { dock, place, target, swap, isDocked } = lent;
  dock.classList.toggle("dock", isDocked);
  dock.setAttribute("hx-target", target);
  dock.setAttribute("hx-swap", swap);
  place.replaceWith(dock);
  lent = null;
}

/** All that the layer covers; what is said and noticed stays. */
function* below() {
  for (const each of document.body.children)
    if (!each.matches("#main, #notices, #said, #undo, #keys, #tray, script")) yield each;
  for (const each of document.getElementById("main").children) if (each !== layer) yield each;
}

function dismiss() {
  const cover = viewer()?.dataset.cover;
  for (const each of below()) each.inert = false;
  giveBack();
  layer.remove();
  layer = null;
  document.title = own;
  history.scrollRestoration = restoration;
  window.scrollTo(0, scroll);
  focusTile(cover, opened);
  // One is there: no later reading of the list leads to that tile again.
  forget();
}

/** The tile of the picture, or else the one that was opened. */
function focusTile(id, other = null) {
  const found = id && document.querySelector(`:is([data-grid], #active) [data-image="${CSS.escape(id)}"]`);
  const tile = found || other;
  const link = tile?.matches("a") ? tile : tile?.querySelector("a[href]");
  if (!link) return;
  link.focus({ preventScroll: true });
  const { top, bottom } = tile.getBoundingClientRect();
  if (top < 48 || bottom > innerHeight) tile.scrollIntoView({ block: "center" });
}

function close() {
  const way = viewer().querySelector("[data-close]").href;
  store(sessionStorage, "return", viewer().dataset.cover);
  // The entry before this one is the list.
  if (history.state?.viewer && history.length > 1) return history.back();
  const last = store(sessionStorage, "list");
  const [list, known] = [new URL(way), last && new URL(last, location.href)];
  const same = known?.pathname === list.pathname && known.searchParams.get("q") === list.searchParams.get("q");
  location.assign(same ? last : way);
}

const isOff = () => root.dataset.info === "off";

function showSwitch() {
  viewer()
    .querySelector("[data-info-switch]")
    .setAttribute("aria-expanded", String(narrow() || !isOff()));
}

function switchInfo() {
  const info = document.getElementById("info");
  if (narrow()) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    info.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
    info.focus({ preventScroll: true });
    return;
  }
  if (isOff()) delete root.dataset.info;
  else root.dataset.info = "off";
  store(localStorage, "info", isOff() ? "off" : null);
  showSwitch();
  document.dispatchEvent(new CustomEvent("viewer:resized"));
}

document.addEventListener("click", (event) => {
  if (!isPlain(event)) return;
  if (event.target.closest?.("[data-info-switch]")) return switchInfo();
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented) return;
  const inside = viewer()?.contains(link);
  if (inside && link.hasAttribute("data-step")) {
    event.preventDefault();
    step(link.href);
  } else if (inside && link.hasAttribute("data-close")) {
    event.preventDefault();
    close();
  } else if (!viewer() && PICTURE.test(link.pathname) && link.closest("[data-grid], #active")) {
    event.preventDefault();
    open(link.href, link);
  }
});

const LINKS = { a: "use-all", s: "use-seed", p: "use-prompt", r: "remix" };

document.addEventListener("keydown", (event) => {
  if (!viewer() || event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const name = LINKS[event.key.toLowerCase()];
  const moves = {
    ArrowLeft: () => stepTo("prev"),
    ArrowRight: () => stepTo("next"),
    ArrowUp: () => stepAmongMates(-1),
    ArrowDown: () => stepAmongMates(1),
  };
  if (event.key === "Escape") close();
  else if (event.key.toLowerCase() === "i") switchInfo();
  else if (name) viewer().querySelector(`a[data-action="${name}"]`)?.click();
  else if (moves[event.key] && !event.shiftKey) {
    // Without other pictures of the request, and in a long prompt, these two scroll.
    if (/Up|Down/.test(event.key) && (!viewer().querySelector(".mates") || event.target.closest(".prose"))) return;
    event.preventDefault();
    // A key that is held down steps as fast as pictures come, and stops with it.
    if (!(event.repeat && waiting)) moves[event.key]();
  }
});

document.addEventListener("viewer:step", (event) => stepTo(event.detail));
// Another script has changed the list: on to the picture of that address, or without one away from this picture.
document.addEventListener("viewer:go", ({ detail }) => {
  pages.clear();
  const way = (rel) => viewer().querySelector(`a[rel="${rel}"][data-step]`)?.href;
  step(() => detail ?? way("next") ?? way("prev") ?? viewer().dataset.address);
});
// What was sent from a page must not be sent again from a copy of it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb === "post") pages.clear();
});

addEventListener("popstate", async (event) => {
  if (!event.state?.viewer) {
    if (layer) dismiss();
    // Read anew while the viewer was open, the page is the picture's; the entry before it is the list's all the same.
    else if (viewer() && !PICTURE.test(location.pathname)) {
      store(sessionStorage, "return", viewer().dataset.cover);
      location.reload();
    }
    return;
  }
  const address = location.href;
  if (viewer()) return step(address);
  try {
    raise(await page(address), address);
  } catch {
    location.reload();
  }
});

// Back on a list that the browser has read anew: to the tile of the picture that one came from.
addEventListener("pageshow", (event) => {
  if (!document.querySelector("[data-grid]") || layer) return;
  const [entry] = performance.getEntriesByType("navigation");
  const back = event.persisted || entry?.type === "back_forward";
  const returned = store(sessionStorage, "return");
  if (back || returned) focusTile(returned || store(sessionStorage, "looked"));
  forget();
});

/** Where the way back leads to, once it has been gone. */
function forget() {
  store(sessionStorage, "return", null);
  store(sessionStorage, "looked", null);
}

if (viewer()) settle();
