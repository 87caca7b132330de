// Copy buttons: `data-copy` takes the text beside the button, `data-copy-from` that of the element with this id.
function text(button) {
  const id = button.dataset.copyFrom;
  return (id ? document.getElementById(id) : button.parentElement.querySelector("bdi"))?.textContent ?? "";
}

async function put(words) {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  // On plain http browsers hide the clipboard; a selection still copies.
  const area = document.createElement("textarea");
  area.value = words;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  try {
    await put(text(button));
  } catch {
    return;
  }
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
});
