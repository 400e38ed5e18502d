// In a frame: tell the merchant's page that the payment has come to its end. Without this, the link does.
const done = document.getElementById("done");
if (done && window.parent !== window) {
  window.parent.postMessage(
    { source: "allsquare-sandbox", payment: done.dataset.payment, status: done.dataset.status, url: done.href },
    new URL(done.dataset.parent).origin,
  );
}
