// The invoice editor keeps what is typed: on the server when typing stops, and in this browser until that is done.
// It says quietly where things stand, and loses nothing when somebody else was quicker, the session ended, or the
// server is away. All sentences come from the page or the server.
(() => {
  "use strict";
  const PAUSE = 2000; // milliseconds after the last change
  const LATEST = 15000; // but no longer than this while somebody types on
  const AGAIN = 5000; // between tries while the server is away or nobody is signed in
  const form = () => document.getElementById("editor");
  const named = (name) => form().elements[name];

  const snapshot = () => {
    const data = new FormData(form());
    for (const name of ["csrfmiddlewaretoken", "seen", "key"]) data.delete(name);
    return new URLSearchParams(data).toString();
  };
  const everything = () => {
    const data = new FormData(form());
    data.delete("csrfmiddlewaretoken");
    return new URLSearchParams(data).toString();
  };

  let saved = ""; // what the server has
  let timer = null;
  let waitingSince = 0;
  let running = null; // the saving under way
  let stopped = false; // a person has to choose first

  const say = (words, tone = "") => {
    const place = document.getElementById("editor-status");
    if (place.textContent !== words) place.textContent = words;
    place.dataset.tone = tone;
  };

  // A notice at the top, with buttons. `choices` are [label, what it does, filled?].
  const notice = (title, words, choices = [], tone = "warning") => {
    const box = document.createElement("div");
    box.className = `alert alert-${tone}`;
    box.setAttribute("role", "alert");
    const body = document.createElement("div");
    body.append(Object.assign(document.createElement("p"), { className: "alert-heading", textContent: title }));
    body.append(Object.assign(document.createElement("div"), { textContent: words }));
    const acts = Object.assign(document.createElement("div"), { className: "notice-acts" });
    for (const [label, act] of choices) {
      const place = typeof act === "string" ? document.createElement("a") : document.createElement("button");
      place.className = "btn";
      place.textContent = label;
      if (typeof act === "string") Object.assign(place, { href: act, target: "_blank" });
      else Object.assign(place, { type: "button", onclick: act });
      acts.append(place);
    }
    if (choices.length) body.append(acts);
    box.append(body);
    document.getElementById("editor-notice").replaceChildren(box);
  };
  const clearNotice = () => document.getElementById("editor-notice").replaceChildren();

  // The copy in this browser, by person, page and editor, so that neither people nor drafts are mixed up.
  const prefix = () => `allsquare.editor.${form().dataset.person}.`;
  const copyName = () => `${prefix()}${location.pathname}.${named("key").value}`;
  const storage = (work) => {
    try {
      return work(window.localStorage);
    } catch {
      return null; // storage is blocked or full: the server still has what was saved
    }
  };
  const keepCopy = () => storage((store) => store.setItem(copyName(), JSON.stringify({ at: Date.now(), values: everything() })));
  const dropCopy = (name = copyName()) => storage((store) => store.removeItem(name));
  // Pages that were sent with a button cannot hear that it went well, so the server notes their keys in a cookie.
  const OLD = 14 * 24 * 3600 * 1000;
  const tidy = () =>
    storage((store) => {
      const kept = document.cookie.match(/(?:^|; )kept_editors=([\w.-]*)/)?.[1].split(".") ?? [];
      for (const name of Object.keys(store).filter((each) => each.startsWith("allsquare.editor.")))
        if (kept.includes(name.split(".").at(-1)) || Date.now() - JSON.parse(store.getItem(name)).at > OLD) store.removeItem(name);
    });
  const copies = () =>
    storage((store) =>
      Object.keys(store)
        .filter((name) => name.startsWith(`${prefix()}${location.pathname}.`))
        .map((name) => ({ name, ...JSON.parse(store.getItem(name)) }))
        .sort((one, other) => other.at - one.at),
    ) || [];

  const send = (url, body, options = {}) =>
    fetch(url, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "application/json", "X-CSRFToken": named("csrfmiddlewaretoken").value }, ...options });

  // A sign-in gives the browser another secret, so the form's proof of where it comes from is renewed.
  const renewProof = async () => {
    const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("#editor input[name=csrfmiddlewaretoken]");
    if (!fresh) return false;
    for (const proof of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) proof.value = fresh.value;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh.value }));
    return true;
  };

  const kept = (answer, what) => {
    saved = what;
    stopped = false;
    dropCopy();
    named("seen").value = answer.seen;
    form().dataset.save = answer.save_url;
    if (location.pathname !== answer.edit_url) history.replaceState(null, "", answer.edit_url);
    form().action = answer.edit_url;
    say(answer.message);
    clearNotice();
    if (snapshot() === saved) dropCopy();
    else schedule();
  };

  const asNewDraft = (key) => () => {
    if (key) named("key").value = key;
    named("seen").value = "";
    form().dataset.save = form().dataset.newSave;
    stopped = false;
    save();
  };

  const conflict = (answer) => {
    const words = form().dataset;
    stopped = true;
    say(words.kept, "amber");
    notice(answer.title, words.changed, [
      [words.look, answer.edit_url.replace(/edit\/$/, "")],
      [words.theirs, () => { dropCopy(); location.assign(answer.edit_url); }],
      [words.mine, () => { named("seen").value = answer.seen; words.save = answer.save_url; stopped = false; save(); }],
      [words.copy, asNewDraft(answer.key)],
    ]);
  };

  const signedOut = () => {
    const words = form().dataset;
    say(words.kept, "amber");
    notice(words.signedOutTitle, words.signedOut, [[words.signInLabel, words.signIn]]);
    later();
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, AGAIN);
  };

  const judge = async (response, what) => {
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return kept(answer, what);
    if (response.status === 401) return signedOut();
    if (response.status === 409 && answer.code === "draft_changed") return conflict(answer);
    if (answer.code === "invoice_not_found" || answer.code === "not_a_draft") {
      stopped = true;
      say(form().dataset.kept, "amber");
      return notice(answer.message, form().dataset.gone, [[form().dataset.copy, asNewDraft(crypto.getRandomValues(new Uint32Array(4)).join("-"))]]);
    }
    if (response.status >= 500) {
      say(form().dataset.offline, "amber");
      return later();
    }
    return say(answer.message || form().dataset.kept, answer.code === "waiting" ? "" : "amber");
  };

  const attempt = async () => {
    const what = snapshot();
    say(form().dataset.saving);
    try {
      let response = await send(form().dataset.save, everything());
      if (response.status === 403 && (await renewProof())) response = await send(form().dataset.save, everything());
      await judge(response, what);
    } catch {
      say(form().dataset.offline, "amber");
      later();
    }
  };

  /** One saving at a time; what is typed meanwhile is saved next. */
  const save = () => {
    clearTimeout(timer);
    waitingSince = 0;
    if (running || stopped || snapshot() === saved) return running;
    running = attempt().finally(() => (running = null));
    return running;
  };

  const schedule = () => {
    if (stopped) return;
    waitingSince ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(PAUSE, waitingSince + LATEST - Date.now())));
  };

  const noted = (event) => {
    if (!event.target.closest?.("#editor") || snapshot() === saved) return;
    keepCopy();
    if (!stopped) say(form().dataset.kept);
    schedule();
  };

  // Bringing back what was typed: the server makes the page for it, and nothing of it is judged yet.
  const restore = async (copy) => {
    const values = new URLSearchParams(copy.values);
    values.set("show", "1");
    values.set("csrfmiddlewaretoken", named("csrfmiddlewaretoken").value);
    const response = await fetch(location.pathname, { method: "POST", body: values });
    if (!response.ok) return say(form().dataset.offline, "amber");
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const body = page.getElementById("editor-body");
    body.querySelectorAll("noscript").forEach((plain) => plain.remove());
    document.getElementById("editor-body").replaceWith(document.adoptNode(body));
    window.htmx?.process(body);
    clearNotice();
    dropCopy(copy.name);
    keepCopy();
    schedule();
  };

  const offer = () => {
    const [copy] = copies();
    if (!copy) return;
    if (withoutMarks(copy.values) === saved) return dropCopy(copy.name);
    const words = form().dataset;
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(copy.at);
    notice(words.foundTitle, words.found.replace("%s", at), [
      [words.restore, () => restore(copy).catch(() => say(words.offline, "amber"))],
      [words.discard, () => { dropCopy(copy.name); clearNotice(); }],
    ], "info");
  };
  const withoutMarks = (values) => {
    const data = new URLSearchParams(values);
    for (const name of ["seen", "key"]) data.delete(name);
    return data.toString();
  };

  // A press of a button waits for the saving under way: its answer may be what the press must know.
  const pressed = (event) => {
    if (event.target !== form()) return;
    clearTimeout(timer);
    if (!running) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    running.finally(() => setTimeout(() => { clearTimeout(timer); form().requestSubmit(button); }));
  };

  // The totals come by the same way as the saving, which says once and for all what is the matter with it.
  const quiet = (event) => event.detail.elt?.id === "totals" && event.stopImmediatePropagation();
  const quietly = (event) => event.detail.elt?.id === "totals" && event.detail.xhr.status === 401 && event.preventDefault();

  const start = () => {
    if (!form()) return;
    document.addEventListener("htmx:sendError", quiet, true);
    document.addEventListener("htmx:beforeOnLoad", quietly);
    saved = snapshot();
    tidy();
    document.addEventListener("input", noted);
    document.addEventListener("change", noted);
    document.addEventListener("submit", pressed, true);
    document.addEventListener("editor:notice", (event) => notice(event.detail, ""));
    window.addEventListener("online", save);
    window.addEventListener("focus", save);
    document.addEventListener("visibilitychange", save);
    // Going back shows a page from before the saving: it is read anew.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    // What the server sent back with errors is not saved yet.
    if (form().querySelector("[data-focus]")) saved = "";
    else offer();
  };
  document.addEventListener("DOMContentLoaded", start);
})();
