// The charts of the first page, drawn from the tables beside them: what cannot see pictures reads the same figures,
// and a table that is renewed draws its chart anew.
(() => {
  "use strict";
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const drawn = new Map(); // id of a table → its chart

  const read = (id) =>
    [...document.querySelectorAll(`#${id} [data-minor]`)].map((row) => ({ label: row.dataset.label, minor: Number(row.dataset.minor) }));

  // Only a real property comes out as a colour that a canvas knows; a custom one is still light-dark(…).
  const colours = (box) => {
    const style = getComputedStyle(box);
    return { bar: style.color, words: style.caretColor, line: style.borderBlockEndColor };
  };

  const formats = (box) => {
    const language = document.documentElement.lang;
    const money = { style: "currency", currency: box.dataset.currency };
    return {
      whole: new Intl.NumberFormat(language, money),
      short: new Intl.NumberFormat(language, { ...money, notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 }),
    };
  };

  const options = (box) => {
    const { words, line } = colours(box);
    const { whole, short } = formats(box);
    return {
      animation: still.matches ? false : { duration: 300 },
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: { displayColors: false, callbacks: { label: (item) => whole.format(item.parsed.y) } },
      },
      scales: {
        x: { grid: { display: false }, border: { color: line }, ticks: { color: words, maxRotation: 0, autoSkipPadding: 12 } },
        y: { beginAtZero: true, grid: { color: line }, border: { display: false }, ticks: { color: words, maxTicksLimit: 5, callback: (value) => short.format(value) } },
      },
    };
  };

  const data = (box) => {
    const rows = read(box.dataset.chart);
    const { bar } = colours(box);
    const values = rows.map((row) => row.minor / Number(box.dataset.minorPerMajor));
    return {
      labels: rows.map((row) => row.label),
      datasets: [{ data: values, backgroundColor: bar, hoverBackgroundColor: bar, borderRadius: 3, maxBarThickness: 36 }],
    };
  };

  const draw = (box) => {
    const chart = drawn.get(box.dataset.chart);
    if (!chart) {
      drawn.set(box.dataset.chart, new Chart(box.querySelector("canvas"), { type: "bar", data: data(box), options: options(box) }));
      return;
    }
    chart.data = data(box);
    chart.options = options(box);
    chart.update();
  };
  const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);

  document.addEventListener("DOMContentLoaded", () => {
    drawAll();
    const renewed = (event) => {
      for (const box of document.querySelectorAll("[data-chart]")) if (event.detail.target?.id === box.dataset.chart) draw(box);
    };
    document.addEventListener("htmx:oobAfterSwap", renewed);
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    still.addEventListener("change", drawAll);
  });
})();
