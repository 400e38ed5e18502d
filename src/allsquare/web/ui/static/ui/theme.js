// Runs before the first paint, so that a page that should be dark never flashes white.
(() => {
  "use strict";
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage is blocked: follow the device
    }
  };
  const apply = () => {
    const choice = read();
    const dark = choice === "dark" || (choice === "auto" && device.matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    root.setAttribute("data-theme-choice", choice);
  };
  root.classList.add("js");
  device.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("themechange", apply);
  apply();
})();
