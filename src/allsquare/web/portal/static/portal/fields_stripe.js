// Stripe's Payment Element in our page: https://docs.stripe.com/js. Its script comes from Stripe itself, as it must, so
// it is loaded from here, where it is noticed when that does not happen.
(() => {
  "use strict";
  const LONG = 15000; // milliseconds until somebody is told that it takes too long
  const OVER = ["succeeded", "processing", "canceled"];
  const box = document.querySelector("[data-fields]");
  const part = (name) => box.querySelector(`[data-${name}]`);
  const pay = part("pay");
  let stripe = null;
  let elements = null;

  /** One message at a time, or none. */
  const say = (which, words = "", remedy = true) => {
    part("words").textContent = words;
    part("remedy").hidden = !remedy;
    for (const each of box.querySelectorAll("[data-says]")) each.hidden = each.dataset.says !== which;
    const shown = box.querySelector("[data-says]:not([hidden])");
    if (shown) shown.scrollIntoView({ block: "nearest" });
  };

  const look = () => {
    const style = getComputedStyle(document.body);
    const root = document.documentElement;
    return {
      theme: root.dataset.bsTheme === "dark" ? "night" : "stripe",
      variables: {
        colorPrimary: getComputedStyle(pay).backgroundColor,
        colorBackground: getComputedStyle(part("box")).backgroundColor,
        colorText: style.color,
        fontFamily: style.fontFamily,
        fontSizeBase: "16px",
        borderRadius: "6px",
      },
    };
  };

  const load = () =>
    new Promise((loaded, failed) => {
      const script = document.createElement("script");
      script.src = box.dataset.script;
      script.addEventListener("load", loaded);
      script.addEventListener("error", failed);
      document.head.append(script);
    });

  const unreachable = () => {
    part("wait").hidden = true;
    part("box").hidden = true;
    pay.hidden = true;
    say("unreachable");
  };

  const ready = () => {
    part("wait").hidden = true;
    part("box").hidden = false;
    pay.hidden = false;
    pay.disabled = false;
    say("");
  };

  const show = async () => {
    const late = setTimeout(say, LONG, "unreachable"); // it may come yet
    const failed = () => {
      clearTimeout(late);
      unreachable();
    };
    try {
      await load();
      stripe = window.Stripe(box.dataset.key, { locale: box.dataset.locale });
      elements = stripe.elements({ clientSecret: box.dataset.secret, appearance: look(), locale: box.dataset.locale });
      const element = elements.create("payment");
      element.on("ready", () => {
        clearTimeout(late);
        ready();
      });
      element.on("loaderror", failed);
      element.mount(part("mount"));
      new MutationObserver(() => elements.update({ appearance: look() })).observe(document.documentElement, {
        attributeFilter: ["data-bs-theme"],
      });
    } catch (error) {
      console.warn("The fields cannot be shown:", error.message ?? error.type);
      failed();
    }
  };

  /** Whatever is no error has left this page already. */
  const tell = (error) => {
    if (OVER.includes(error.payment_intent?.status)) location.assign(box.dataset.back);
    else if (error.type === "validation_error") say("declined", error.message, false);
    else if (error.type === "card_error") say("declined", error.message);
    else if (error.type === "invalid_request_error") unreachable();
    else say("unknown");
  };

  const press = async () => {
    if (pay.disabled) return;
    pay.disabled = true;
    pay.setAttribute("aria-busy", "true");
    document.querySelector("[data-before]")?.remove(); // it was about the try before
    say("");
    try {
      const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: box.dataset.back } });
      tell(error);
    } catch (error) {
      console.warn("The payment could not be confirmed:", error.message);
      say("unknown");
    }
    pay.removeAttribute("aria-busy");
    pay.disabled = false;
  };

  part("late").remove();
  pay.addEventListener("click", press);
  // Who comes back by the browser's own way sees the page as it was then: whether it is true is asked anew.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  show();
})();
