// Comboboxes that ask the server while somebody types, and dialogs that enter what is not there yet. Everything
// listens on the document, so that rows which scripts add later work at once. A choice is told by the event
// "combobox:choose", whose detail is the option as the server sent it.
(() => {
  "use strict";
  const PAUSE = 150; // milliseconds after the last letter
  const boxOf = (target) => (target instanceof Element ? target.closest("[data-combobox]") : null);
  const textOf = (box) => box.querySelector("[role=combobox]");
  const valueOf = (box) => box.querySelector("[data-combobox-value]");
  const popupOf = (box) => box.querySelector(".combobox-popup");
  const listOf = (box) => box.querySelector("[role=listbox]");
  const isOpen = (box) => !popupOf(box).hidden;
  const active = (box) => box.querySelector("[role=option][aria-selected=true]");
  /** What each open box has asked for: its timer, its request and the options that came. */
  const asked = new WeakMap();

  const announce = (words) => {
    const place = document.getElementById("announcer");
    if (place) place.textContent = words;
  };

  const close = (box) => {
    const state = asked.get(box);
    clearTimeout(state?.timer);
    state?.request?.abort();
    asked.delete(box);
    popupOf(box).hidden = true;
    listOf(box).replaceChildren();
    textOf(box).setAttribute("aria-expanded", "false");
    textOf(box).removeAttribute("aria-activedescendant");
  };

  const activate = (box, option) => {
    active(box)?.setAttribute("aria-selected", "false");
    if (!option) return textOf(box).removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    textOf(box).setAttribute("aria-activedescendant", option.id);
  };

  const optionElement = (box, place, label, hint) => {
    const option = document.createElement("li");
    option.id = `${listOf(box).id}_${place}`;
    option.className = "combobox-option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.place = place;
    option.append(Object.assign(document.createElement("span"), { textContent: label }));
    if (hint) option.append(Object.assign(document.createElement("small"), { textContent: hint }));
    return option;
  };

  const show = (box, answer) => {
    const typed = textOf(box).value.trim();
    const elements = answer.options.map((option, place) => optionElement(box, place, option.label, option.hint));
    if (box.dataset.create) {
      const label = typed && typed !== textOf(box).dataset.chosen ? `${box.dataset.createLabel}: ${typed}` : box.dataset.createLabel;
      const create = optionElement(box, "create", label);
      create.classList.add("combobox-create");
      elements.push(create);
    }
    listOf(box).replaceChildren(...elements);
    listOf(box).hidden = elements.length === 0;
    const note = box.querySelector(".combobox-note");
    note.textContent = answer.problem || (answer.more ? box.dataset.more : answer.options.length ? "" : box.dataset.none);
    note.hidden = note.textContent === "";
    popupOf(box).hidden = false;
    textOf(box).setAttribute("aria-expanded", "true");
    // What was typed means its first match, so that Enter and Tab take it; a mere look around chooses nothing.
    const means = typed !== "" && typed !== textOf(box).dataset.chosen;
    activate(box, means ? elements[0] : null);
    announce(answer.options.length ? box.dataset.found.replace("%s", answer.options.length) : note.textContent);
  };

  const address = (box, typed) => {
    const url = new URL(box.dataset.search, window.location.href);
    url.searchParams.set("q", typed);
    for (const field of box.dataset.include ? document.querySelectorAll(box.dataset.include) : [])
      url.searchParams.set(field.name, field.value);
    return url;
  };

  const ask = async (box, typed) => {
    const state = asked.get(box);
    state.request?.abort();
    state.request = new AbortController();
    try {
      const response = await fetch(address(box, typed), {
        headers: { Accept: "application/json" },
        signal: state.request.signal,
      });
      const answer = await response.json();
      if (asked.get(box) !== state) return;
      state.awaited = false;
      state.options = answer.options || [];
      show(box, response.ok ? answer : { options: [], problem: answer.message });
      if (state.take) takeFirst(box, state.take);
    } catch (error) {
      if (error.name === "AbortError" || asked.get(box) !== state) return;
      state.awaited = false;
      state.options = [];
      show(box, { options: [], problem: box.dataset.failed });
    }
  };

  const open = (box, typed, pause = 0) => {
    if (!asked.has(box)) asked.set(box, { options: [] });
    const state = asked.get(box);
    clearTimeout(state.timer);
    state.awaited = true; // what is shown meanwhile answers older words
    state.timer = setTimeout(() => ask(box, typed), pause);
  };

  const choose = (box, option) => {
    const text = textOf(box);
    close(box);
    text.value = text.dataset.chosen = option.label;
    valueOf(box).value = option.value;
    text.classList.remove("is-invalid");
    text.removeAttribute("aria-invalid");
    box.dispatchEvent(new CustomEvent("combobox:choose", { bubbles: true, detail: option }));
    valueOf(box).dispatchEvent(new Event("change", { bubbles: true }));
  };

  const clear = (box) => choose(box, { value: "", label: "" });

  const take = (box, element) => {
    const state = asked.get(box);
    if (element.dataset.place === "create") openDialog(box);
    else if (state) choose(box, state.options[Number(element.dataset.place)]);
  };

  // Leaving: an emptied field is no choice; words that are nobody's name stay to be seen, but choose nothing.
  const leave = (box) => {
    const text = textOf(box);
    const typed = text.value.trim();
    if (asked.get(box)?.take === "Tab" && asked.get(box).awaited) return;
    close(box);
    if (typed === text.dataset.chosen) return;
    if (typed === "" || valueOf(box).value !== "") {
      if (typed === "") clear(box);
      else text.value = text.dataset.chosen;
    }
  };

  // Enter and Tab may be quicker than the server: they mean the first match that comes.
  const takeFirst = (box, key) => {
    const first = active(box);
    if (first && (key === "Enter" || first.dataset.place !== "create")) take(box, first);
    else if (key === "Tab") leave(box);
  };

  const step = (box, by) => {
    const options = [...box.querySelectorAll("[role=option]")];
    if (!options.length) return;
    const now = options.indexOf(active(box));
    const next = now === -1 ? (by > 0 ? 0 : options.length - 1) : (now + by + options.length) % options.length;
    activate(box, options[next]);
  };

  document.addEventListener("input", (event) => {
    const box = boxOf(event.target);
    if (box && event.target === textOf(box)) open(box, event.target.value.trim(), PAUSE);
  });

  const keys = {
    ArrowDown: (box) => (isOpen(box) ? step(box, 1) : open(box, shownSearch(box))),
    ArrowUp: (box) => (isOpen(box) ? step(box, -1) : open(box, shownSearch(box))),
    Enter: (box) => {
      if (!isOpen(box) && !asked.has(box)) return false;
      if (asked.get(box).awaited) asked.get(box).take = "Enter";
      else if (active(box)) take(box, active(box));
      return true;
    },
    Escape: (box) => {
      if (!isOpen(box) && !asked.has(box)) return false;
      close(box);
      textOf(box).value = textOf(box).dataset.chosen;
      return true;
    },
    Tab: (box) => {
      if (asked.get(box)?.awaited) asked.get(box).take = "Tab";
      else if (active(box) && active(box).dataset.place !== "create") take(box, active(box));
      return false;
    },
  };
  // With a choice made, a look around shows all; with words typed, what they find.
  const shownSearch = (box) => (textOf(box).value === textOf(box).dataset.chosen ? "" : textOf(box).value.trim());

  document.addEventListener(
    "keydown",
    (event) => {
      const box = boxOf(event.target);
      if (!box || event.target !== textOf(box) || event.altKey || event.ctrlKey || event.metaKey) return;
      if (!(event.key in keys) || keys[event.key](box) === false) return;
      event.preventDefault();
      event.stopPropagation(); // the page has other uses for Enter and Escape
    },
    true,
  );

  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.(".combobox-option");
    if (!option) return;
    event.preventDefault(); // the text keeps the focus
    take(boxOf(option), option);
  });
  document.addEventListener("click", (event) => {
    const box = boxOf(event.target);
    if (box && event.target === textOf(box) && !isOpen(box)) {
      textOf(box).select();
      open(box, shownSearch(box));
    }
  });
  document.addEventListener("focusout", (event) => {
    const box = boxOf(event.target);
    if (box && event.target === textOf(box)) leave(box);
  });

  // Entering something new in a dialog. The box that asked gets it as its choice, and the focus back.
  const asking = new WeakMap();
  const openDialog = (box) => {
    const dialog = document.getElementById(box.dataset.create);
    const text = textOf(box);
    const typed = text.value === text.dataset.chosen ? "" : text.value.trim();
    close(box);
    text.value = text.dataset.chosen;
    asking.set(dialog, box);
    const form = dialog.querySelector("form");
    form.reset();
    problems(form, "", {});
    const first = form.querySelector("input[type=text], input:not([type])");
    if (first && typed) first.value = typed;
    dialog.showModal();
    // The next thing to type: what the words typed so far did not fill.
    const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea")];
    (fields.find((field) => field.value === "") || fields[0])?.focus();
  };

  const problems = (form, message, errors) => {
    const alert = form.querySelector("[data-create-problem]");
    alert.textContent = message;
    alert.hidden = message === "";
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden") continue;
      document.getElementById(`${field.id}_error`)?.remove();
      const sentence = errors[field.name];
      field.classList.toggle("is-invalid", Boolean(sentence));
      field.toggleAttribute("aria-invalid", Boolean(sentence));
      if (sentence) field.setAttribute("aria-invalid", "true");
      if (!sentence) continue;
      const words = Object.assign(document.createElement("div"), { id: `${field.id}_error`, className: "field-error", textContent: sentence });
      field.setAttribute("aria-describedby", words.id);
      field.closest(".field").append(words);
    }
    form.querySelector("[aria-invalid=true]")?.focus();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-create-form]")) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return; // pressed twice, and the first press is under way
    form.setAttribute("aria-busy", "true");
    const dialog = form.closest("dialog");
    const box = asking.get(dialog);
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (!response.ok) return problems(form, answer.message, answer.errors || {});
      form.elements.key.defaultValue = form.elements.key.value = answer.key;
      dialog.close();
      textOf(box).focus();
      choose(box, answer.option);
    } catch {
      problems(form, box.dataset.failed, {});
    } finally {
      form.removeAttribute("aria-busy");
    }
  }, true); // before the page's own guard against a second press, which is for forms that leave it

  // What HTMX brings was parsed as if no script ran: its plain selects would be sent beside ours.
  const drop = (root) => root.querySelectorAll("[data-combobox] noscript").forEach((plain) => plain.remove());
  document.addEventListener("htmx:afterSwap", (event) => drop(event.target));
})();
