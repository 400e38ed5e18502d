// The message that is being written stands in the mail beside it, as soon as its writer pauses. Without this a button
// does the same.
(() => {
  "use strict";
  const note = document.getElementById("id_note");
  const show = document.getElementById("show-note");
  if (!note || !show) return;
  show.hidden = true;
  const form = note.form;
  let pause = 0;
  // Each letter comes into a frame of its own: the first page of a frame leaves nothing in the history that Back
  // would walk through. It is fetched by the frame, for its own policy is what lets a letter have its styles.
  const showIt = () => {
    const frame = document.querySelector(`iframe[name="${show.formTarget}"]`);
    const next = frame.cloneNode(false);
    next.removeAttribute("src");
    frame.replaceWith(next);
    form.requestSubmit(show);
  };
  note.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(showIt, 600);
  });
  // Once it is being issued there is nothing left to look at.
  form.addEventListener("submit", (event) => {
    if (event.submitter !== show) clearTimeout(pause);
  });
})();
