// The switch between the system's colours, dark and light. The choice is this browser's; it is applied before
// the first paint by the page itself.
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-theme-choice]");

function show() {
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (root.dataset.theme ?? "")));
  }
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    const theme = button.dataset.themeChoice;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    try {
      if (theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch {
      // Without storage the choice holds for this page.
    }
    show();
  });
}
show();
