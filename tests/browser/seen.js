// What depends on how wide the window is and in which colours it is drawn, some twenty times as quick as axe says it:
// texts that stand out too little from what is behind them (WCAG 1.4.3), and targets too small to hit (WCAG 2.5.8).
() => {
  const colours = new Map(), styles = new WeakMap(), grounds = new WeakMap(), found = [];

  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };

  // [red, green, blue, alpha], each from 0 to 1, of whatever way a colour is written: the browser itself draws it.
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    if (!colours.has(text)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      colours.set(text, [...brush.getImageData(0, 0, 1, 1).data].map((part) => part / 255));
    }
    return colours.get(text);
  };

  const over = ([red, green, blue, alpha], [r, g, b]) =>
    [red * alpha + r * (1 - alpha), green * alpha + g * (1 - alpha), blue * alpha + b * (1 - alpha), 1];

  // The colour behind what is inside of an element; null where it is a picture.
  const ground = (element) => {
    if (!element) return style(document.documentElement).colorScheme.startsWith("dark") ? [0.07, 0.07, 0.07, 1] : [1, 1, 1, 1];
    if (!grounds.has(element)) {
      const own = style(element), behind = ground(element.parentElement);
      grounds.set(element, own.backgroundImage !== "none" || !behind ? null : over(colour(own.backgroundColor), behind));
    }
    return grounds.get(element);
  };

  const opacity = (element) => (element ? Number(style(element).opacity) * opacity(element.parentElement) : 1);
  const channel = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const off = (element) => element.closest("[disabled], [aria-disabled=true], fieldset:disabled, label:has(:disabled)");
  const clipped = (element) => element && (style(element).clipPath !== "none" || clipped(element.parentElement));
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && !clipped(element)
      && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const say = (rule, element, more) => found.push([rule, `${element.outerHTML.slice(0, 160)} (${more})`]);

  const read = (element) => {
    if (off(element) || !visible(element)) return;
    const behind = ground(element);
    if (!behind) return;
    const own = style(element), size = parseFloat(own.fontSize), [r, g, b, alpha] = colour(own.color);
    const ratio = contrast(over([r, g, b, alpha * opacity(element)], behind), behind);
    const enough = size >= 24 || (size >= 18.66 && Number(own.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < enough - 0.01) say("color-contrast", element, `${ratio.toFixed(2)} for ${enough}`);
  };

  const texts = new Set(document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=color], [type=file], [type=range]), select, textarea"));
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && !parent.closest("script, style, template, option")) texts.add(parent);
  }
  texts.forEach(read);

  // A link in a sentence may be as small as its words. Others are large enough, or so far from one another that a circle
  // of 24 pixels around the middle of each meets no other.
  const inSentence = (element) => style(element).display === "inline"
    && [...element.parentElement.childNodes].some((node) => node !== element && node.nodeType === Node.TEXT_NODE && node.data.trim());
  const targets = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((element) => !off(element) && visible(element) && !inSentence(element))
    .map((element) => ({ element, box: element.getBoundingClientRect() }));
  const isSmall = ({ box }) => box.width < 23.9 || box.height < 23.9;
  const middle = ({ box }) => [box.x + box.width / 2, box.y + box.height / 2];
  for (const one of targets.filter(isSmall)) {
    const [x, y] = middle(one);
    const near = targets.find((other) => {
      if (other === one || other.element.contains(one.element) || one.element.contains(other.element)) return false;
      if (isSmall(other)) return Math.hypot(x - middle(other)[0], y - middle(other)[1]) < 24;
      const right = Math.max(other.box.left, Math.min(x, other.box.right)), low = Math.max(other.box.top, Math.min(y, other.box.bottom));
      return Math.hypot(x - right, y - low) < 12;
    });
    if (near) say("target-size", one.element, `${one.box.width} × ${one.box.height}, near ${near.element.outerHTML.slice(0, 160)}`);
  }
  return found;
}
