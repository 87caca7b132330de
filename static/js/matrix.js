// The matrix' form: what was typed into it stays for this tab, so that a reload, or another page, takes no words away.
const KEY = "matrix";
const form = document.getElementById("matrix-form");

const typed = () => [...form.querySelectorAll('textarea[name="prompt"], input[type="text"][name^="axis-"]')];

function keep() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(typed().map(({ name, value }) => [name, value])));
  } catch {
    // Then it lasts as long as this page.
  }
}

function bringBack() {
  try {
    const kept = new Map(JSON.parse(sessionStorage.getItem(KEY)));
    for (const field of typed()) field.value = kept.get(field.name) ?? "";
  } catch {
    // Nothing of ours.
  }
}

// What the page has come with is meant.
if (typed().some(({ value }) => value)) keep();
else bringBack();
form.addEventListener("input", keep);
