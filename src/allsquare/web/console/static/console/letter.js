// The message that is being written stands in the mail beside it, as soon as its writer pauses. Without this a button
// does the same.
(() => {
  "use strict";
  const note = document.getElementById("id_note");
  const show = document.getElementById("show-note");
  if (!note || !show) return;
  show.hidden = true;
  let pause = 0;
  note.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => note.form.requestSubmit(show), 600);
  });
})();
