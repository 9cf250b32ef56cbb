// Everything works without this; with it some things are quicker.

// A part of a page that has a module of its own: `data-module` is the module's address, and its default export is given
// the part. With `data-module-on` it waits for that event, so that who never needs it never loads it.
for (const part of document.querySelectorAll("[data-module]")) {
  const begin = async (event) => (await import(part.dataset.module)).default(part, event);
  if (part.dataset.moduleOn) part.addEventListener(part.dataset.moduleOn, begin, { once: true });
  else begin();
}

// A form that changes something is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  (event.submitter ?? form.querySelector("button"))?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});

// What was left empty in a form that only asks does not show in the address.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

// Price and stock are those of what is chosen.
document.querySelector("[data-buy]")?.addEventListener("change", ({ target }) => {
  if (target.name !== "sku") return;
  const { price, stock, kind, most } = target.dataset;
  document.querySelector(".cost [data-price]").textContent = price;
  Object.assign(document.querySelector(".cost [data-stock]"), { textContent: stock, className: `tag ${kind}` });
  target.form.elements.quantity.max = most;
});
