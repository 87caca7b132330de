// Zoom and pan on the viewer's stage. By itself a picture is never larger than its own pixels; what one has zoomed to
// is kept while one steps. Mouse, wheel, touch and keys.
const LARGEST = 8;
const STRIDE = 1.25;
// Pixels that a finger or a hand moves without meaning to.
const SLIP = 8;
const SWIPE = 50;
const DOUBLE = 300;

// What is looked at: `scale` in pixels of the page for one of the picture, and the point of it in the middle of the
// stage, as fractions; null while all of it is shown.
let view = null;
let stage = null;
let sheet = null;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const natural = () => ({ width: Number(sheet.dataset.width), height: Number(sheet.dataset.height) });
/** The middle, as a fraction, so that no edge of what is larger than the stage comes in; `seen` is what it shows. */
const within = (middle, seen) => (seen >= 1 ? 0.5 : clamp(middle, seen / 2, 1 - seen / 2));
/** Pixels of the page for one of the picture while all of it is shown. */
const fit = () => sheet.offsetWidth / natural().width;
const scale = () => (view ? Math.max(view.scale, fit()) : fit());

function apply() {
  if (!sheet?.isConnected || !sheet.offsetWidth) return;
  const now = scale();
  const percent = document.querySelector('[data-zoom="turn"]');
  if (percent) {
    percent.textContent = `${Math.round(100 * now)} %`;
    percent.setAttribute("aria-label", `${Math.round(100 * now)} %: ${view ? "show all of it" : "show at 100 %"}`);
  }
  const zoomed = Boolean(view) && now > fit() * 1.001;
  stage.classList.toggle("zoomed", zoomed);
  if (!zoomed) {
    sheet.style.transform = "";
    return;
  }
  const { width, height } = natural();
  const [across, down] = [width * now, height * now];
  view.x = within(view.x, stage.clientWidth / across);
  view.y = within(view.y, stage.clientHeight / down);
  const [left, top] = [(0.5 - view.x) * across, (0.5 - view.y) * down];
  sheet.style.transform = `translate(${left}px, ${top}px) scale(${now / fit()})`;
  // From now on its own pixels are wanted, whatever the width of the window.
  const whole = sheet.querySelector(".whole");
  if (whole.sizes !== `${width}px`) whole.sizes = `${width}px`;
}

/** Pixels from the middle of the stage. */
function fromMiddle({ clientX, clientY }) {
  const box = stage.getBoundingClientRect();
  return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
}

/** Zoom so that the point of the picture that is under `at` stays under it. */
function zoomTo(wanted, at = { x: 0, y: 0 }) {
  const before = scale();
  const after = clamp(wanted, fit(), Math.max(LARGEST, fit()));
  if (after <= fit() * 1.001) {
    view = null;
    return apply();
  }
  const { width, height } = natural();
  const middle = view ?? { x: 0.5, y: 0.5 };
  const point = { x: middle.x + at.x / (width * before), y: middle.y + at.y / (height * before) };
  view = { scale: after, x: point.x - at.x / (width * after), y: point.y - at.y / (height * after) };
  apply();
}

/** From all of it to its own pixels, and back; a picture that is that large already, to twice that. */
function turn(at) {
  if (view && scale() > fit() * 1.001) view = null;
  else return zoomTo(fit() < 0.999 ? 1 : 2, at);
  apply();
}

function pan(x, y) {
  if (!view) return;
  const { width, height } = natural();
  view.x -= x / (width * scale());
  view.y -= y / (height * scale());
  apply();
}

const fingers = new Map();
let gesture = null;
let tap = { at: 0, x: 0, y: 0 };

function spread() {
  const [a, b] = [...fingers.values()];
  return {
    length: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
    at: fromMiddle({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 }),
  };
}

function begin(event) {
  if (event.button) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) gesture = { from: event, last: event, moved: false };
  else if (fingers.size === 2) gesture = { ...gesture, moved: true, pinch: spread() };
  if (event.pointerType === "mouse") stage.setPointerCapture(event.pointerId);
}

function move(event) {
  if (!fingers.has(event.pointerId) || !gesture) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 2) {
    const now = spread();
    zoomTo(scale() * (now.length / gesture.pinch.length), now.at);
    pan(now.at.x - gesture.pinch.at.x, now.at.y - gesture.pinch.at.y);
    gesture.pinch = now;
    return;
  }
  const [x, y] = [event.clientX - gesture.from.clientX, event.clientY - gesture.from.clientY];
  gesture.moved ||= Math.hypot(x, y) > SLIP;
  if (gesture.moved && view) pan(event.clientX - gesture.last.clientX, event.clientY - gesture.last.clientY);
  else if (gesture.moved && event.pointerType === "touch") sheet.style.transform = `translateX(${x}px)`;
  gesture.last = event;
}

function end(event) {
  if (!fingers.delete(event.pointerId) || fingers.size) return;
  const done = gesture;
  gesture = null;
  if (!done.moved) return press(event);
  const [x, y] = [event.clientX - done.from.clientX, event.clientY - done.from.clientY];
  const swiped = !view && !done.pinch && event.pointerType === "touch" && Math.abs(x) > SWIPE;
  apply();
  if (swiped && Math.abs(x) > 1.5 * Math.abs(y))
    document.dispatchEvent(new CustomEvent("viewer:step", { detail: x < 0 ? "next" : "prev" }));
}

function press(event) {
  if (event.pointerType !== "touch") return turn(fromMiddle(event));
  const near = Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < 40;
  const twice = near && event.timeStamp - tap.at < DOUBLE;
  tap = { at: twice ? 0 : event.timeStamp, x: event.clientX, y: event.clientY };
  if (twice) turn(fromMiddle(event));
}

function cancel(event) {
  fingers.delete(event.pointerId);
  gesture = null;
  apply();
}

function wheel(event) {
  // Where the facts lie below the picture the wheel leads to them.
  const scrolls = matchMedia("(max-width: 959px)").matches && !view && !event.ctrlKey;
  if (scrolls) return;
  event.preventDefault();
  const lines = event.deltaMode ? 16 : 1;
  zoomTo(scale() * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), fromMiddle(event));
}

const KEYS = {
  "+": () => zoomTo(scale() * STRIDE),
  "=": () => zoomTo(scale() * STRIDE),
  "-": () => zoomTo(scale() / STRIDE),
  "−": () => zoomTo(scale() / STRIDE),
  z: () => {
    view = null;
    apply();
  },
};
const SHIFTED = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

document.addEventListener("keydown", (event) => {
  if (!stage?.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
  if (event.shiftKey && view && SHIFTED[event.key]) {
    event.preventDefault();
    pan(...SHIFTED[event.key]);
  } else KEYS[event.key]?.();
});

document.addEventListener("click", (event) => {
  const kind = event.target.closest?.("[data-zoom]")?.dataset.zoom;
  if (kind === "in") KEYS["+"]();
  else if (kind === "out") KEYS["-"]();
  else if (kind === "turn") turn();
});

/** A new picture has come; one that is opened from a grid begins whole. */
function adopt() {
  const found = document.querySelector("[data-turns]");
  if (!found || found === stage) return apply();
  stage = found;
  sheet = stage.querySelector(".sheet");
  fingers.clear();
  gesture = null;
  for (const [name, listener] of Object.entries({
    pointerdown: begin,
    pointermove: move,
    pointerup: end,
    pointercancel: cancel,
    dragstart: (event) => event.preventDefault(),
  }))
    stage.addEventListener(name, listener);
  stage.addEventListener("wheel", wheel, { passive: false });
  const whole = sheet.querySelector(".whole");
  const preview = sheet.querySelector(".preview");
  if (whole.complete) preview.remove();
  else whole.addEventListener("load", () => preview.remove(), { once: true });
  new ResizeObserver(apply).observe(stage);
  apply();
}

document.addEventListener("viewer:shown", adopt);
document.addEventListener("viewer:opened", () => {
  view = null;
});
document.addEventListener("viewer:resized", apply);
if (document.querySelector("[data-turns]")) adopt();
