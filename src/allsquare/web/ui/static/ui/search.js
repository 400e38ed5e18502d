// The search at the top answers while one types: HTMX asks, this shows, moves through and closes what came. Without
// it the box is a form that leads to the page of results.
(() => {
  "use strict";
  const box = () => document.getElementById("search");
  const popup = () => document.getElementById("search-popup");
  const list = () => document.getElementById("search-list");
  const options = () => [...list().querySelectorAll("[role=option]")];
  const active = () => list().querySelector("[aria-selected=true]");
  const isOpen = () => !popup().hidden;

  const activate = (option) => {
    active()?.setAttribute("aria-selected", "false");
    if (!option) return box().removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box().setAttribute("aria-activedescendant", option.id);
  };

  const close = () => {
    popup().hidden = true;
    box().setAttribute("aria-expanded", "false");
    activate(null);
  };

  const show = () => {
    const words = list().querySelector("template")?.dataset;
    if (!words || box().value.trim() === "" || document.activeElement !== box()) return close();
    const note = document.getElementById("search-note");
    note.textContent = words.note;
    note.hidden = words.note === "";
    list().hidden = options().length === 0;
    popup().hidden = false;
    box().setAttribute("aria-expanded", "true");
    box().removeAttribute("aria-activedescendant");
    document.getElementById("announcer").textContent = words.said;
  };

  // Past the last one comes the box itself: what was typed can be sent again.
  const step = (by) => {
    const all = options();
    const next = all.indexOf(active()) + by;
    activate(active() || by > 0 ? all[next] : all.at(-1));
  };

  const keys = {
    ArrowDown: () => (isOpen() ? step(1) : htmx.trigger(box(), "search:ask")),
    ArrowUp: () => (isOpen() ? step(-1) : htmx.trigger(box(), "search:ask")),
    Enter: () => {
      if (!isOpen() || !active()) return false;
      active().click();
      return true;
    },
    Escape: () => {
      if (!isOpen()) return false;
      close();
      return true;
    },
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== box() || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
      if (!(event.key in keys) || keys[event.key]() === false) return;
      event.preventDefault();
      event.stopPropagation(); // the page has other uses for Escape
    },
    true,
  );
  document.addEventListener("input", (event) => {
    if (event.target === box() && box().value.trim() === "") close();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === box()) close();
  });
  document.addEventListener("mousedown", (event) => {
    if (popup()?.contains(event.target)) event.preventDefault(); // the box keeps the focus until the click
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === list()) show();
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (!box()) return;
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": "search-list" };
    for (const [name, value] of Object.entries(roles)) box().setAttribute(name, value);
  });
})();
