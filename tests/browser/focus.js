// Whatever can be reached by the Tab key, and does not show that it was: neither itself, nor the card, label or group
// around it. What looks alike is asked once.
() => {
  const scroll = { preventScroll: true, focusVisible: true }, known = new Set(), hidden = [];
  const reached = document.activeElement;

  // Everything by which a thing could show it. A colour that nobody sees is none.
  const shows = (element) => {
    const own = getComputedStyle(element);
    return own.outlineStyle !== "none" && parseFloat(own.outlineWidth) > 0 && !/, 0\)$|^transparent$/.test(own.outlineColor);
  };
  const look = (element) => {
    const own = getComputedStyle(element);
    return [own.boxShadow, own.borderColor, own.backgroundColor].join();
  };
  const around = (element) => [element, element.nextElementSibling, ...(element.labels ?? []), element.parentElement,
    element.parentElement?.parentElement, element.closest(".way")].filter(Boolean);

  const every = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], iframe, [contenteditable=true]";
  for (const element of document.querySelectorAll(every)) {
    const box = element.getBoundingClientRect();
    if (element.disabled || element.tabIndex < 0 || !element.checkVisibility({ visibilityProperty: true }) || !box.width) continue;
    const kind = [element, element.parentElement].map((each) => `${each.localName}.${each.className}`).join() + element.type;
    if (known.has(kind)) continue;
    known.add(kind);
    element.blur();
    const near = around(element), before = near.map(look), ringed = near.map(shows);
    element.focus(scroll);
    if (document.activeElement !== element || element.localName === "iframe") continue;
    if (!near.some((each, place) => (shows(each) && !ringed[place]) || look(each) !== before[place])) {
      hidden.push(element.outerHTML.slice(0, 160));
    }
  }
  document.activeElement?.blur();
  reached?.focus?.(scroll);
  return hidden;
}
