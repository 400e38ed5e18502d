// When the browser or the person breaks a passkey off, say so in words instead of in the browser's log.
(() => {
  "use strict";
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const place = document.getElementById("passkey-error");
    if (!place) return;
    place.hidden = false;
    place.focus();
  });
})();
