// Live parts of a page. A part names what it waits for and how HTMX fetches it anew:
//
//   <div id="last" data-live="payments" data-live-since="{{ live_since }}" hx-get="…" hx-trigger="live" hx-swap="outerHTML">
//
// data-live holds topics (payments, invoices, mails, tasks …) or ids of single things. News comes by server-sent
// events; where there is no stream (too many, a proxy that holds them back) the page asks now and then. What carries
// id and data-say, and was not there before, is marked as arrived and read out. Without scripts the page shows what
// it showed when it was made.
(() => {
  "use strict";
  const POLL = 15000; // between two questions while there is no stream
  const CALM = 1000; // the least time between two fetches of a part, however much happens
  const LONGEST = 30000; // between two tries to get a stream back
  const HIDDEN = 30000; // a page that nobody sees gives its stream back after this

  let url, place, organization, source, silence, retry, poll, hiding;
  let tries = 0;
  let over = false; // signed out, or gone over to another organization: this page must be loaded anew

  const parts = () => document.querySelectorAll("[data-live]");

  // -- saying how live the page is ---------------------------------------------------------------------------
  const show = (state) => {
    for (const sign of document.querySelectorAll("[data-live-sign]")) {
      sign.dataset.state = state;
      for (const words of sign.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== state;
    }
  };

  // -- fetching what changed -----------------------------------------------------------------------------------
  const waiting = new Map(); // id of a part → time-out of its next fetch
  const fetched = new Map(); // id of a part → when it was fetched last
  const busy = (part) => part.matches(".htmx-request") || part.querySelector("form[data-sending], dialog[open]") !== null;
  const typing = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  const fetchNow = (id) => {
    waiting.delete(id);
    const part = document.getElementById(id);
    if (!part) return;
    if (busy(part) || typing(part)) return later(id, CALM);
    fetched.set(id, performance.now());
    htmx.trigger(part, "live");
  };
  const later = (id, pause) => waiting.set(id, setTimeout(fetchNow, pause, id));
  const due = (part) => {
    if (waiting.has(part.id)) return;
    const rest = CALM - (performance.now() - (fetched.get(part.id) ?? -CALM));
    if (rest <= 0) fetchNow(part.id);
    else later(part.id, rest);
  };
  const take = (news) => {
    const changed = new Set([...news.topics, ...news.subjects]);
    for (const part of parts())
      if (news.everything || part.dataset.live.split(" ").some((word) => changed.has(word))) due(part);
  };

  // -- arrivals: seen for a moment, and read out once ------------------------------------------------------------
  const said = new Set();
  const remember = () => document.querySelectorAll("[data-say][id]").forEach((each) => said.add(each.id));
  const arrived = () => {
    const fresh = [...document.querySelectorAll("[data-say][id]")].filter((each) => !said.has(each.id));
    if (fresh.length === 0) return;
    for (const each of fresh) each.classList.add("arrived");
    const announcer = document.getElementById("announcer");
    const sentences = fresh.slice(0, 3).map((each) => each.dataset.say);
    announcer.textContent = "";
    setTimeout(() => (announcer.textContent = sentences.join(" ")), 50);
    remember();
  };

  // -- the stream ------------------------------------------------------------------------------------------------
  const heard = (event) => {
    clearTimeout(silence);
    silence = setTimeout(broken, 20000); // four beats
    if (event.lastEventId) place = event.lastEventId;
    return JSON.parse(event.data);
  };
  const close = () => {
    clearTimeout(silence);
    source?.close();
    source = undefined;
  };
  const finish = () => {
    over = true;
    close();
    clearTimeout(retry);
    clearTimeout(poll);
    show("over");
  };
  const belongs = (answer) => {
    organization ??= answer.organization;
    if (organization === answer.organization) return true;
    finish();
    return false;
  };
  const broken = () => {
    close();
    if (over || document.hidden) return;
    tries += 1;
    show(tries < 3 ? "lost" : "polling");
    if (tries >= 3) askLater();
    const pause = Math.min(LONGEST, 500 * 2 ** Math.min(tries, 8)) * (0.75 + Math.random() / 2);
    clearTimeout(retry);
    retry = setTimeout(connect, pause);
  };
  const connect = () => {
    if (over || source) return;
    const since = new URLSearchParams({ since: place ?? "" });
    source = new EventSource(`${url}?${since}`);
    source.addEventListener("hello", (event) => {
      const hello = heard(event);
      if (!belongs(hello)) return;
      tries = 0;
      clearTimeout(poll);
      poll = undefined;
      show("live");
      take(hello);
    });
    source.addEventListener("news", (event) => take(heard(event)));
    source.addEventListener("beat", heard);
    source.addEventListener("end", (event) => {
      const { why } = JSON.parse(event.data);
      if (why === "signed_out") return finish();
      if (why !== "lost") tries = Math.max(tries, 6); // there is no room: ask meanwhile, and try again seldom
      broken();
    });
    source.onerror = broken;
  };

  // -- asking, where there is no stream ----------------------------------------------------------------------------
  const askLater = () => (poll ??= setTimeout(ask, POLL));
  const ask = async () => {
    poll = undefined;
    if (over || document.hidden) return;
    try {
      const since = new URLSearchParams({ since: place ?? "" });
      const response = await fetch(`${url}news/?${since}`, { headers: { "HX-Request": "true" } });
      if (response.status === 401 || response.status === 403) return finish();
      if (response.ok) {
        const news = await response.json();
        if (!belongs(news)) return;
        place = news.place;
        take(news);
      }
    } catch {
      show("lost"); // no network: the next question may have more luck
    }
    if (!source) askLater();
  };

  // -- a page that nobody looks at gives its stream back, and catches up when it is looked at again ---------------------
  const seen = () => {
    clearTimeout(hiding);
    if (over) return;
    if (document.hidden) hiding = setTimeout(close, HIDDEN);
    else if (!source) connect();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const first = parts()[0];
    url = document.body.dataset.liveUrl;
    if (!first || !url || !window.EventSource) return;
    place = first.dataset.liveSince;
    remember();
    document.addEventListener("htmx:afterSettle", arrived);
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", (event) => event.persisted && seen());
    connect();
  });
})();
