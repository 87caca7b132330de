// Zoom and pan on the viewer's stage, and on all of several pictures that are compared, alike. By itself a picture is
// never larger than its own pixels; what one has zoomed to is kept while one steps. Mouse, wheel, touch and keys.
const LARGEST = 8;
const STRIDE = 1.25;
// Pixels that a finger or a hand moves without meaning to.
const SLIP = 8;
const SWIPE = 50;
const DOUBLE = 300;

// What is looked at: `scale` in pixels of the page for one of the first picture, and the point of each picture in the
// middle of its stage, as fractions; null while all of it is shown.
let view = null;
// Each a stage with the sheet that lies on it; scale and percentage are those of the first.
let frames = [];

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const natural = ({ sheet }) => ({ width: Number(sheet.dataset.width), height: Number(sheet.dataset.height) });
/** Between which fractions the middle lies, so that no edge of what is larger than the stage comes in. */
const bounds = (seen) => (seen >= 1 ? [0.5, 0.5] : [seen / 2, 1 - seen / 2]);
/** Pixels of the page for one of the picture while all of it is shown. */
const fit = (frame) => frame.sheet.offsetWidth / natural(frame).width;
const scale = () => (view ? Math.max(view.scale, fit(frames[0])) : fit(frames[0]));
/** How many times as large as whole the pictures are: the same for each. */
const growth = () => scale() / fit(frames[0]);
/** The width and height of the picture as it lies on the page. */
const size = (frame) => ({ width: frame.sheet.offsetWidth * growth(), height: frame.sheet.offsetHeight * growth() });

function apply() {
  if (!frames.length || frames.some(({ sheet }) => !sheet.isConnected || !sheet.offsetWidth)) return;
  const percent = document.querySelector('[data-zoom="turn"]');
  if (percent) {
    percent.textContent = `${Math.round(100 * scale())} %`;
    percent.setAttribute("aria-label", `${Math.round(100 * scale())} %: ${view ? "show all of it" : "show at 100 %"}`);
  }
  const zoomed = Boolean(view) && growth() > 1.001;
  if (zoomed) keepWithin();
  for (const frame of frames) draw(frame, zoomed);
}

/** The middle goes as far as there is something of any of the pictures. */
function keepWithin() {
  for (const [axis, length, room] of [
    ["x", "width", "clientWidth"],
    ["y", "height", "clientHeight"],
  ]) {
    const all = frames.map((frame) => bounds(frame.stage[room] / size(frame)[length]));
    const [lows, highs] = [all.map(([low]) => low), all.map(([, high]) => high)];
    view[axis] = clamp(view[axis], Math.min(...lows), Math.max(...highs));
  }
}

function draw(frame, zoomed) {
  const { stage, sheet } = frame;
  stage.classList.toggle("zoomed", zoomed);
  if (!zoomed) {
    sheet.style.transform = "";
    return;
  }
  const { width, height } = size(frame);
  const x = clamp(view.x, ...bounds(stage.clientWidth / width));
  const y = clamp(view.y, ...bounds(stage.clientHeight / height));
  sheet.style.transform = `translate(${(0.5 - x) * width}px, ${(0.5 - y) * height}px) scale(${growth()})`;
  // From now on its own pixels are wanted, whatever the width of the window.
  const whole = sheet.querySelector(".whole");
  const own = `${natural(frame).width}px`;
  if (whole.sizes !== own) whole.sizes = own;
}

/** Pixels from the middle of the stage. */
function fromMiddle({ stage }, { clientX, clientY }) {
  const box = stage.getBoundingClientRect();
  return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
}

/** Zoom so that the point of the picture that is under `at` stays under it. */
function zoomTo(wanted, frame = frames[0], at = { x: 0, y: 0 }) {
  const before = size(frame);
  const least = fit(frames[0]);
  const after = clamp(wanted, least, Math.max(LARGEST, least));
  if (after <= least * 1.001) {
    view = null;
    return apply();
  }
  const middle = view ?? { x: 0.5, y: 0.5 };
  const point = { x: middle.x + at.x / before.width, y: middle.y + at.y / before.height };
  view = { ...middle, scale: after };
  const now = size(frame);
  view.x = point.x - at.x / now.width;
  view.y = point.y - at.y / now.height;
  apply();
}

/** From all of it to its own pixels, and back; a picture that is that large already, to twice that. */
function turn(frame = frames[0], at = undefined) {
  if (view && growth() > 1.001) view = null;
  else return zoomTo(fit(frames[0]) < 0.999 ? 1 : 2, frame, at);
  apply();
}

function pan(x, y, frame = frames[0]) {
  if (!view) return;
  const { width, height } = size(frame);
  view.x -= x / width;
  view.y -= y / height;
  apply();
}

const fingers = new Map();
let gesture = null;
let tap = { at: 0, x: 0, y: 0 };

function spread(frame) {
  const [a, b] = [...fingers.values()];
  return {
    length: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
    at: fromMiddle(frame, { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 }),
  };
}

function begin(frame, event) {
  if (event.button) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) gesture = { frame, from: event, last: event, moved: false };
  else if (fingers.size === 2) gesture = { ...gesture, moved: true, pinch: spread(gesture.frame) };
  if (event.pointerType === "mouse") frame.stage.setPointerCapture(event.pointerId);
}

function move(frame, event) {
  if (!fingers.has(event.pointerId) || !gesture) return;
  fingers.set(event.pointerId, event);
  if (fingers.size === 2) {
    const now = spread(gesture.frame);
    zoomTo(scale() * (now.length / gesture.pinch.length), gesture.frame, now.at);
    pan(now.at.x - gesture.pinch.at.x, now.at.y - gesture.pinch.at.y, gesture.frame);
    gesture.pinch = now;
    return;
  }
  const [x, y] = [event.clientX - gesture.from.clientX, event.clientY - gesture.from.clientY];
  gesture.moved ||= Math.hypot(x, y) > SLIP;
  if (gesture.moved && view) pan(event.clientX - gesture.last.clientX, event.clientY - gesture.last.clientY, frame);
  else if (gesture.moved && swipes(event)) frame.sheet.style.transform = `translateX(${x}px)`;
  gesture.last = event;
}

/** Where there is a list to step in. */
const swipes = (event) => event.pointerType === "touch" && frames.length === 1;

function end(frame, event) {
  if (!fingers.delete(event.pointerId) || fingers.size) return;
  const done = gesture;
  gesture = null;
  if (!done.moved) return press(frame, event);
  const [x, y] = [event.clientX - done.from.clientX, event.clientY - done.from.clientY];
  const swiped = !view && !done.pinch && swipes(event) && Math.abs(x) > SWIPE;
  apply();
  if (swiped && Math.abs(x) > 1.5 * Math.abs(y))
    document.dispatchEvent(new CustomEvent("viewer:step", { detail: x < 0 ? "next" : "prev" }));
}

function press(frame, event) {
  if (event.pointerType !== "touch") return turn(frame, fromMiddle(frame, event));
  const near = Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < 40;
  const twice = near && event.timeStamp - tap.at < DOUBLE;
  tap = { at: twice ? 0 : event.timeStamp, x: event.clientX, y: event.clientY };
  if (twice) turn(frame, fromMiddle(frame, event));
}

function cancel(frame, event) {
  fingers.delete(event.pointerId);
  gesture = null;
  apply();
}

function wheel(frame, event) {
  // Where the facts lie below the picture the wheel leads to them.
  const below = frames.length > 1 || matchMedia("(max-width: 959px)").matches;
  if (below && !view && !event.ctrlKey) return;
  event.preventDefault();
  const lines = event.deltaMode ? 16 : 1;
  const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015));
  zoomTo(scale() * factor, frame, fromMiddle(frame, event));
}

const KEYS = {
  "+": () => zoomTo(scale() * STRIDE),
  "=": () => zoomTo(scale() * STRIDE),
  "-": () => zoomTo(scale() / STRIDE),
  "−": () => zoomTo(scale() / STRIDE),
  // On a picture 0 takes a rating away (judge.js, which comes first).
  0: () => KEYS.z(),
  z: () => {
    view = null;
    apply();
  },
};
const SHIFTED = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

document.addEventListener("keydown", (event) => {
  if (!frames[0]?.stage.isConnected || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
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

/** New pictures have come; one that is opened from a grid begins whole. */
function adopt() {
  const found = [...document.querySelectorAll("[data-turns]")];
  if (!found.length || found[0] === frames[0]?.stage) return apply();
  frames = found.map((stage) => ({ stage, sheet: stage.querySelector(".sheet") }));
  fingers.clear();
  gesture = null;
  for (const frame of frames) listen(frame);
  apply();
}

function listen(frame) {
  const { stage, sheet } = frame;
  for (const [name, listener] of Object.entries({
    pointerdown: begin,
    pointermove: move,
    pointerup: end,
    pointercancel: cancel,
    // A picture that is shown whole is dragged onto the composer; what is enlarged or compared is moved on its stage.
    dragstart: (_, event) => (view || frames.length > 1) && event.preventDefault(),
  }))
    stage.addEventListener(name, (event) => listener(frame, event));
  stage.addEventListener("wheel", (event) => wheel(frame, event), { passive: false });
  const whole = sheet.querySelector(".whole");
  const preview = sheet.querySelector(".preview");
  if (whole.complete) preview?.remove();
  else whole.addEventListener("load", () => preview?.remove(), { once: true });
  new ResizeObserver(apply).observe(stage);
}

document.addEventListener("viewer:shown", adopt);
document.addEventListener("viewer:opened", () => {
  view = null;
});
document.addEventListener("viewer:resized", apply);
if (document.querySelector("[data-turns]")) adopt();
