// A picture that was marked as sensitive, or is no more, is so wherever it stands on the page.
document.addEventListener("sensitive:changed", ({ detail: { image, sensitive } }) => {
  const id = CSS.escape(image);
  const named = ["image", "strip", "related"].map((kind) => `[data-${kind}="${id}"]`);
  for (const each of document.querySelectorAll(`:is(.tile, .picture, .filmstrip a):is(${named})`))
    each.classList.toggle("sensitive", sensitive);
  const viewer = document.querySelector(`[data-viewer="${id}"]`);
  if (!viewer) return;
  for (const each of viewer.querySelectorAll("[data-sensitive-badge], [data-reveal]")) each.hidden = !sensitive;
});

// The keys of the viewer are not the box's.
document.addEventListener("change", (event) => {
  if (event.target.closest?.("[data-reveal]")) event.target.closest(".stage")?.focus({ preventScroll: true });
});
