// Looks again while the provider is asked how a payment went. Without this script the page reloads itself.
(() => {
  "use strict";
  const waiting = "[data-look-again]";
  const lookAgain = async () => {
    let over = false;
    try {
      const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
      // A redirect leads on to the provider; any other page than this one tells how it went.
      if (answer.type === "opaqueredirect") over = true;
      else if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        over = page.querySelector(waiting) === null;
      }
    } catch (error) {
      console.warn("The server cannot be reached at the moment:", error.name);
    }
    if (over) location.reload();
    else later();
  };
  const later = () => setTimeout(lookAgain, 1000 * Number(document.querySelector(waiting).dataset.lookAgain));
  document.addEventListener("DOMContentLoaded", later);
})();
