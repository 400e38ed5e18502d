// Lists: choosing rows, moving by keys, opening the dialog that a batch asks. Without this a list can still be read,
// searched, filtered, and its rows be ticked and sent.
(() => {
  "use strict";
  const list = () => document.getElementById("list");
  const rows = () => [...document.querySelectorAll("#list tr[data-row]")];
  const boxes = () => [...document.querySelectorAll("#list input[name=ids]")];
  let last = null;

  const count = () => {
    const picked = boxes().filter((box) => box.checked).length;
    const words = document.querySelector("[data-picked]");
    if (words) words.textContent = picked;
    for (const all of document.querySelectorAll("[data-pick-all]")) {
      all.checked = picked > 0 && picked === boxes().length;
      all.indeterminate = picked > 0 && !all.checked;
    }
    // All of the list is more than this page: who takes a tick away does not mean all any more.
    const every = document.querySelector("#list input[name=every]");
    if (every && picked < boxes().length) every.checked = false;
  };

  const range = (box) => {
    const every = boxes();
    const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const other of every.slice(from, to + 1)) other.checked = box.checked;
  };

  // What is typed there is asked while typing. Its change comes when the focus leaves it, for a chip perhaps, and would
  // ask the old question again beside the new one.
  document.addEventListener("change", (event) => event.target.id === "list-search" && event.stopPropagation(), true);

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !list()?.contains(box)) return;
    if (box.dataset.pickAll !== undefined) for (const other of boxes()) other.checked = box.checked;
    else if (box.name === "every" && box.checked) for (const other of boxes()) other.checked = true;
    else if (box.dataset.pickSwitch !== undefined) {
      if (!box.checked) for (const other of boxes()) other.checked = false;
    } else if (box.name === "ids") {
      if (event.shiftKey && last) range(box);
      last = box;
    } else return;
    count();
  });

  // Days are asked for by a word or by dates: who sets the one means it instead of the other.
  document.addEventListener(
    "change",
    (event) => {
      const days = event.target.closest("#list-form fieldset")?.querySelector("[data-span]");
      if (!days || !event.target.value) return;
      if (event.target !== days) days.value = "";
      else for (const day of days.closest("fieldset").querySelectorAll("input[type=date]")) day.value = "";
    },
    true,
  );

  // The text of a picker is no field: its choice is told by the field behind it, once.
  document.addEventListener("change", (event) => event.target.matches?.("#list-form .combobox-text") && event.stopPropagation(), true);

  // A chip's address was made when the list was. Who takes a second one away before the answer to the first is there
  // means both: the second takes away from what was asked last.
  let asked = null;
  const pairs = (address) => [...new URL(address, location.href).searchParams];
  const lacks = (these) => (pair) => !these.some((other) => other[0] === pair[0] && other[1] === pair[1]);
  document.addEventListener("htmx:configRequest", (event) => {
    const chip = event.target.closest(".list-chips .chip");
    if (!chip) return;
    const [now, then] = [pairs(location.href), pairs(chip.href)];
    if (asked) {
      const kept = pairs(asked).filter(lacks(now.filter(lacks(then))));
      const given = then.filter(lacks(now)).filter(lacks(kept));
      const query = new URLSearchParams([...kept, ...given]).toString();
      event.detail.path = new URL(chip.href).pathname + (query && `?${query}`);
    }
    asked = event.detail.path;
  });
  // Answered or failed; one that is given up for the next is neither.
  for (const name of ["htmx:beforeSwap", "htmx:sendError"]) document.addEventListener(name, () => (asked = null));

  // On a phone a switch shows the boxes; while it is on, a touch anywhere on a row chooses the row.
  document.addEventListener(
    "click",
    (event) => {
      const choosing = document.querySelector("[data-pick-switch]");
      const row = event.target.closest("#list tr[data-row]");
      if (!row || !choosing?.checked || !choosing.offsetParent || event.target.name === "ids") return;
      event.preventDefault();
      event.stopPropagation();
      row.querySelector("input[name=ids]").click();
    },
    true,
  );

  // Moving and choosing by the declared shortcuts; once a row has the focus the arrows move too, and Enter opens.
  const go = (step) => {
    const every = rows();
    if (!every.length) return;
    const now = every.indexOf(document.activeElement?.closest("tr[data-row]"));
    const row = every[now < 0 ? (step > 0 ? 0 : every.length - 1) : Math.min(Math.max(now + step, 0), every.length - 1)];
    row.tabIndex = -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const focused = () => document.activeElement?.closest("tr[data-row]");
  const acts = {
    "row:next": () => go(1),
    "row:before": () => go(-1),
    "row:choose": () => focused()?.querySelector("input[name=ids]").click(),
  };
  document.addEventListener("shortcut", (event) => {
    if (list() && !document.activeElement?.closest("details[open]")) acts[event.detail]?.();
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      go(step);
    } else if (event.key === "Enter" && event.target === row) row.querySelector("a.row-link, td a")?.click();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    count();
    const dialog = document.querySelector("#list-dialog dialog[data-open]");
    if (event.target.id === "list-dialog" && dialog && !dialog.open) dialog.showModal();
  });
  document.addEventListener("DOMContentLoaded", count);
})();
