{% autoescape on %}// Says that there is no connection, and nothing else: pages always come from the server, so no figure is ever old.
"use strict";
const NAME = "allsquare-{{ version }}";
const OFFLINE = "{{ offline }}";
const KEPT = [{% for address in kept %}"{{ address }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("allsquare-") && name !== NAME);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (path.startsWith("/pay/")) return; // the payer's pages are none of ours here
  if (event.request.mode === "navigate")
    event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
  else if (event.request.method === "GET" && KEPT.includes(path))
    event.respondWith(fetch(event.request).catch(() => caches.match(path)));
});
{% endautoescape %}
