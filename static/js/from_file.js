// A picture's file that is chosen, or dropped onto the form, fills it. Only what stands beside the pixels is sent: of
// twenty megabytes some kilobytes. Without this file the whole of it is, by a button.

const PIXELS_OF_PNG = new Set(["IDAT", "fdAT"]);
const PIXELS_OF_WEBP = new Set(["VP8 ", "VP8L", "ALPH", "ANMF"]);
const MOST = 100 << 20;

const word = (bytes, at) => String.fromCharCode(...bytes.subarray(at, at + 4));

/** A PNG's or WebP's parts but for those that hold pixels; `low` tells whose numbers begin with the lowest byte. */
function withoutParts(bytes, view, place, pixels, low) {
  const kept = [bytes.subarray(0, place)];
  while (place + 8 <= bytes.length) {
    const length = view.getUint32(place + (low ? 4 : 0), low);
    const end = place + 8 + length + (low ? length % 2 : 4);
    if (!pixels.has(word(bytes, place + (low ? 0 : 4)))) kept.push(bytes.subarray(place, end));
    place = end;
  }
  return kept;
}

/** A JPEG up to its first scan. */
function upToScan(bytes, view) {
  let place = 2;
  while (place + 4 <= bytes.length && bytes[place] === 0xff && bytes[place + 1] !== 0xda)
    place += 2 + view.getUint16(place + 2);
  return [bytes.subarray(0, place)];
}

async function withoutPixels(file) {
  if (file.size > MOST) return file;
  const buffer = await file.arrayBuffer();
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  let parts = [bytes];
  if (word(bytes, 0) === "\u0089PNG") parts = withoutParts(bytes, view, 8, PIXELS_OF_PNG, false);
  else if (word(bytes, 0) === "RIFF") parts = withoutParts(bytes, view, 12, PIXELS_OF_WEBP, true);
  else if (bytes[0] === 0xff && bytes[1] === 0xd8) parts = upToScan(bytes, view);
  return new File(parts, file.name, { type: file.type });
}

async function read(file) {
  const form = document.querySelector("[data-from-file]");
  const input = form?.querySelector("input[type=file]");
  if (!input || !file) return;
  const carrier = new DataTransfer();
  carrier.items.add(await withoutPixels(file));
  input.files = carrier.files;
  form.requestSubmit();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-from-file] input[type=file]")) read(event.target.files[0]);
});

const target = (event) => event.target.closest?.("#create-form");
const hasFile = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (target(event) && hasFile(event)) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  if (!target(event) || !hasFile(event) || event.defaultPrevented) return;
  event.preventDefault();
  read(event.dataTransfer.files[0]);
});

// What was read is behind the drawer, and a refusal within it, wherever the file came from.
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.matches?.("[data-from-file]")) return;
  const drawer = document.getElementById("create-history");
  const isRead = event.detail.xhr.status === 200;
  if (drawer?.matches(":popover-open") === isRead) drawer[isRead ? "hidePopover" : "showPopover"]();
  event.target.reset();
});
