// The lines of the invoice editor: added, removed, moved, pasted and filled at once, without asking the server. Each
// button here also works without this script, as a submit button that brings the page anew.
(() => {
  "use strict";
  const box = () => document.getElementById("lines");
  const rows = () => [...box().querySelectorAll("[data-line]")];
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const announce = (words) => {
    document.getElementById("announcer").textContent = words;
  };
  const changed = () => document.getElementById("editor").dispatchEvent(new Event("change", { bubbles: true }));

  // Django counts rows from 0 in names and ids; people count them from 1 in labels.
  const NAMED = ["name", "id", "for", "aria-controls", "aria-describedby", "aria-activedescendant"];
  const PLACE = /\b(id_lines|lines|amount)-(\d+|__prefix__)(?=-|$)/g;
  const renumber = () => {
    rows().forEach((row, place) => {
      for (const element of [row, ...row.querySelectorAll("*")]) {
        for (const name of NAMED) {
          const value = element.getAttribute(name);
          if (value) element.setAttribute(name, value.replace(PLACE, `$1-${place}`));
        }
        const label = element.getAttribute("aria-label");
        if (label) element.setAttribute("aria-label", label.replace(/\d+|__number__/, place + 1));
        if (element.matches(".line-acts button")) element.value = place;
      }
    });
    box().querySelector("[name=lines-TOTAL_FORMS]").value = rows().length;
  };

  const room = () => Number(box().dataset.most) - rows().length;
  const blank = () => document.getElementById("blank-line").content.firstElementChild.cloneNode(true);

  /** A new row after `row`, still without its number; nothing, said aloud, when there is no room. */
  const add = (row) => {
    if (room() <= 0) {
      announce(box().dataset.full);
      return null;
    }
    const added = blank();
    row.after(added);
    return added;
  };

  const EMPTY = { quantity: "1", unit: "C62", tax_category: "S" };
  const isEmpty = (row) =>
    ["item", "description", "unit_price", "discount_percent"].every((name) => field(row, name).value.trim() === "") &&
    field(row, "quantity").value === EMPTY.quantity;

  const remove = (row) => {
    const all = rows();
    const place = all.indexOf(row);
    if (all.length === 1) row.replaceWith(blank());
    else row.remove();
    renumber();
    field(rows()[Math.min(place, rows().length - 1)], "description").focus();
    announce(box().dataset.removed);
    changed();
  };

  const move = (row, by) => {
    const all = rows();
    const to = all.indexOf(row) + by;
    if (to < 0 || to >= all.length) return;
    const focused = document.activeElement;
    if (by < 0) all[to].before(row);
    else all[to].after(row);
    renumber();
    focused?.focus();
    announce(box().dataset.moved.replace("%s", to + 1));
    changed();
  };

  const next = (row) => {
    const after = rows()[rows().indexOf(row) + 1];
    const target = after && isEmpty(after) ? after : add(row);
    renumber();
    if (target) field(target, "description").focus();
    if (target !== after) changed();
  };

  const ACTS = { more: () => next(rows().at(-1)), remove, up: (row) => move(row, -1), down: (row) => move(row, 1) };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor-body button");
    if (!button || !(button.name in ACTS)) return;
    event.preventDefault();
    ACTS[button.name](button.closest("[data-line]"));
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.closest("#editor") || event.isComposing) return;
    const row = event.target.closest("[data-line]");
    if (event.key === "Enter") {
      if (event.target.matches("button, a, summary")) return;
      const wanted = event.ctrlKey || event.metaKey;
      // A description may have several lines of its own.
      if (event.target.matches("textarea") && !wanted) return;
      event.preventDefault(); // Enter never sends a half-written invoice
      if (row || wanted) next(row || rows().at(-1));
    } else if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      move(row, event.key === "ArrowUp" ? -1 : 1);
    }
  });

  // An item fills its line, as the server says; what it has no price for keeps the price that stands there.
  const put = (row, values) => {
    for (const [name, value] of Object.entries(values)) {
      const target = field(row, name);
      if (target.matches("select") && ![...target.options].some((option) => option.value === value))
        target.add(new Option(value, value));
      target.value = value;
    }
  };
  document.addEventListener("combobox:choose", (event) => {
    const row = event.target.closest("[data-line]");
    if (row && event.detail.fill) put(row, event.detail.fill);
  });

  // Rows of a spreadsheet: description, quantity, price; or description, price; or description, quantity, unit, price.
  const cells = (text) => {
    const found = [[]];
    // A cell with tabs, line breaks or quotes in it is quoted, and its quotes are doubled.
    for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/g)) {
      found.at(-1).push((quoted ?? plain ?? "").replaceAll('""', '"').trim());
      if (end === "") break;
      if (end !== "\t") found.push([]);
    }
    return found.filter((row) => row.some((cell) => cell !== ""));
  };
  // Thousands are told from decimals only where there is no doubt; what stays as it was shows its error.
  const figure = (text) => {
    const bare = text.replace(/[\p{Sc}\s\u00a0\u202f]|^[A-Z]{3}|[A-Z]{3}$/gu, "");
    if (/^-?\d+,\d{1,2}$/.test(bare) || /^-?\d{1,3}(\.\d{3})+,\d+$/.test(bare)) return bare.replaceAll(".", "").replace(",", ".");
    if (/^-?\d{1,3}(,\d{3})+\.\d+$/.test(bare)) return bare.replaceAll(",", "");
    return /\d/.test(bare) ? bare : text;
  };
  const isFigure = (text) => /\d/.test(text) && /^[-\d.,\s\p{Sc}\u00a0\u202fA-Z]+$/u.test(text);
  const unitCode = (row, text) => {
    const same = [...field(row, "unit").options].find((option) => [option.text, option.value].some((known) => known.toLowerCase() === text.toLowerCase()));
    return same?.value;
  };
  const fill = (row, [description, ...rest]) => {
    const figures = rest.filter(isFigure);
    const values = { description };
    if (figures.length > 1) values.quantity = figure(figures[0]);
    if (figures.length) values.unit_price = figure(figures[Math.min(1, figures.length - 1)]);
    const unit = rest.filter((cell) => !isFigure(cell)).map((cell) => unitCode(row, cell)).find(Boolean);
    if (unit) values.unit = unit;
    put(row, values);
  };
  document.addEventListener("paste", (event) => {
    const row = event.target.closest?.("[data-line]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!row || event.target !== field(row, "description") || !text.includes("\t")) return;
    event.preventDefault();
    const pasted = cells(text);
    let at = row;
    let done = 0;
    for (const line of pasted) {
      const after = done ? rows()[rows().indexOf(at) + 1] : null;
      const target = done === 0 && isEmpty(row) ? row : after && isEmpty(after) ? after : add(at);
      if (!target) break;
      fill(target, line);
      at = target;
      done += 1;
    }
    renumber();
    field(at, "description").focus();
    announce(done < pasted.length ? box().dataset.full : box().dataset.pasted.replace("%s", done));
    if (done < pasted.length) document.dispatchEvent(new CustomEvent("editor:notice", { detail: box().dataset.full }));
    changed();
  });
})();
