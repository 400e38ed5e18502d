// The browser knows its time zone, and the zone its country, better than the language that it asks for. What the
// visitor chose themselves is never changed.
(() => {
  "use strict";
  const hints = JSON.parse(document.getElementById("sign-up-hints").textContent);
  const [country, currency, zone] = ["country", "base_currency", "time_zone"].map((name) =>
    document.getElementById(`id_${name}`),
  );
  const chosen = new Set();
  const choose = (select, value) => {
    if (!chosen.has(select) && [...select.options].some((option) => option.value === value)) select.value = value;
  };
  const follow = () => {
    const [code, place] = hints.countries[country.value] ?? [];
    choose(currency, code);
    choose(zone, place);
  };
  country.addEventListener("change", follow);
  for (const select of [currency, zone]) select.addEventListener("change", () => chosen.add(select));
  if (!country.form.hasAttribute("data-guess")) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!(here in hints.zones)) return;
  choose(country, hints.zones[here]);
  follow();
  choose(zone, here);
})();
