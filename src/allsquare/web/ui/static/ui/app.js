// The small behaviours that every page shares. All listen on the document, so that parts which arrive later by
// HTMX work too, and every page can be read, and every form be sent, without them.
(() => {
  "use strict";
  const announcer = () => document.getElementById("announcer");
  const announce = (text) => {
    announcer().textContent = "";
    // A live region speaks only of changes: an empty moment lets it say the same words twice.
    setTimeout(() => (announcer().textContent = text), 50);
  };

  // Appearance: as the device, light or dark, remembered in this browser.
  const showTheme = () => {
    const choice = document.documentElement.getAttribute("data-theme-choice");
    for (const button of document.querySelectorAll("button[data-theme-choice]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  };
  const chooseTheme = (choice) => {
    try {
      localStorage.setItem("theme", choice);
    } catch (error) {
      console.warn("The choice of appearance cannot be remembered:", error.name);
    }
    document.dispatchEvent(new Event("themechange"));
    showTheme();
  };

  // Copy buttons. The clipboard API exists only over HTTPS and on this machine; a selection works everywhere.
  const copyText = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  const copy = async (button) => {
    await copyText(button.dataset.copy);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
    announce(announcer().dataset.copied);
  };

  // Dialogs: browsers without invoker commands get the same two.
  const invokers = "commandForElement" in HTMLButtonElement.prototype;
  const command = (button) => {
    const dialog = document.getElementById(button.getAttribute("commandfor"));
    if (button.getAttribute("command") === "show-modal") dialog.showModal();
    else dialog.close();
  };

  // The left navigation on a phone.
  const toggle = (button, open) => {
    document.getElementById(button.dataset.toggle).classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.themeChoice) chooseTheme(button.dataset.themeChoice);
    else if (button?.dataset.copy !== undefined) copy(button);
    else if (button?.dataset.toggle) toggle(button, button.getAttribute("aria-expanded") !== "true");
    else if (!invokers && button?.hasAttribute("commandfor")) command(button);
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });

  // Keys: Escape closes, / and Ctrl-K search, c creates. Never while somebody types.
  const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      const button = document.querySelector("button[data-toggle][aria-expanded=true]");
      if (button) toggle(button, false);
      return;
    }
    const search = document.getElementById("search");
    const combined = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (search && (combined || (event.key === "/" && !typing(event.target)))) {
      event.preventDefault();
      search.select();
      return;
    }
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) press(event);
  });

  // The shortcuts that the server declares (web/console/shortcuts.py): keys in a row lead to a page or do an act.
  let pressed = "";
  let forget = 0;
  const acts = {
    create: () => {
      const menu = document.getElementById("create-menu");
      if (!menu) return;
      menu.open = true;
      menu.querySelector("a")?.focus();
    },
    help: () => document.getElementById("help-link")?.click(),
  };
  const declared = () => JSON.parse(document.getElementById("shortcuts")?.textContent || "[]");
  const press = (event) => {
    if (event.key.length > 1 || document.querySelector("dialog[open]")) return;
    pressed = pressed ? `${pressed} ${event.key}` : event.key;
    clearTimeout(forget);
    const known = declared();
    const hit = known.find((each) => each.keys === pressed) || known.find((each) => each.keys === event.key);
    const more = known.some((each) => each.keys.startsWith(`${pressed} `));
    if (!more) pressed = "";
    else forget = setTimeout(() => (pressed = ""), 1500);
    if (!hit) return;
    event.preventDefault();
    pressed = "";
    if (hit.url) window.location.assign(hit.url);
    else if (acts[hit.act]) acts[hit.act]();
    else document.dispatchEvent(new CustomEvent("shortcut", { detail: hit.act }));
  };

  // Help comes into a panel beside the page; without scripts its link leads to a page of its own.
  document.addEventListener("htmx:afterSwap", (event) => {
    const panel = event.target.id === "help-text" ? event.target.closest("dialog") : null;
    if (panel && !panel.open) panel.showModal();
  });

  // A second press while the first is under way changes nothing. The server is safe anyway (idempotency keys);
  // this keeps the page calm. Buttons stay enabled: a disabled one would not be sent, nor keep the focus.
  const release = (form) => {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    // What opens beside the page (a preview in its frame) leaves the page free to send.
    if (event.submitter?.formTarget) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "true";
    form.setAttribute("aria-busy", "true");
    // A download or a lost connection leaves the page where it is: let the person try again.
    setTimeout(() => release(form), 20000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));

  // HTMX: answers that are errors arrive as a ready alert for #messages; a lost connection has no answer at all.
  document.addEventListener("htmx:sendError", () => {
    const alert = document.createElement("div");
    alert.className = "alert alert-danger";
    alert.setAttribute("role", "alert");
    alert.textContent = announcer().dataset.offline;
    document.getElementById("messages")?.replaceChildren(alert);
  });

  // A table keeps its head in sight only while it needs no sideways scrolling (a scroll box would hold the head).
  const fit = (box) => box.classList.toggle("fits", box.scrollWidth <= box.clientWidth);
  const fitting = new ResizeObserver((entries) => entries.forEach((entry) => fit(entry.target)));
  const watchTables = () => document.querySelectorAll(".table-sticky").forEach((box) => fitting.observe(box));
  document.addEventListener("htmx:afterSettle", watchTables);

  document.addEventListener("DOMContentLoaded", () => {
    // Installed as an app, the console says when there is no connection. Browsers allow it over HTTPS and on this machine.
    if (document.body.dataset.worker && "serviceWorker" in navigator && window.isSecureContext)
      navigator.serviceWorker.register(document.body.dataset.worker, { scope: "/" }).catch((error) => console.info(error.name));
    showTheme();
    watchTables();
    document.querySelector("[data-focus]")?.focus();
    // Whoever typed before the scripts came is heard now: a list opens, sums are reckoned, a draft is kept.
    const early = document.activeElement;
    const typed = early?.matches("input, textarea") && early.value !== early.defaultValue;
    if (typed) setTimeout(() => early.dispatchEvent(new Event("input", { bubbles: true }))); // once all others listen
  });
})();
