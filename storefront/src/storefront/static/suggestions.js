// What the visitor may mean, while they type: the field becomes a combobox, its list is made by the shop.

const PAUSE = 140;

export default function suggest(form) {
  const field = form.querySelector("input[type=search]");
  const list = document.createElement("div");
  Object.assign(list, { id: "suggestions", className: "suggestions", role: "listbox", hidden: true, ariaLabel: "Suggestions" });
  const status = document.createElement("p");
  Object.assign(status, { className: "hidden", role: "status" });
  form.append(list, status);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]])
    field.setAttribute(name, value);

  let asked = null;
  let waiting = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(open) {
    choose(null);
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) status.textContent = "";
  }

  async function ask() {
    asked?.abort();
    const words = field.value.trim();
    if (words.length < 2) return show(false);
    asked = new AbortController();
    try {
      // Without cookies the answer is the same for everybody, and caches may keep it.
      const address = `/search/suggestions?${new URLSearchParams({ q: words })}`;
      const answer = await fetch(address, { signal: asked.signal, credentials: "omit" });
      if (!answer.ok) return show(false);
      list.innerHTML = await answer.text();
      show(document.activeElement === field && options().length > 0);
      if (!list.hidden) status.textContent = `${options().length} suggestions`;
    } catch (fault) {
      if (fault.name !== "AbortError") show(false);
    }
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  }

  field.addEventListener("input", later);
  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "Escape" && !list.hidden) show(false);
    else if (event.key === "ArrowDown" && list.hidden) ask();
    else if (event.key === "ArrowDown") choose(all[at + 1] ?? null);
    else if (event.key === "ArrowUp" && !list.hidden) choose(all[at < 0 ? all.length - 1 : at - 1] ?? null);
    else if (event.key === "Enter" && chosen()) chosen().click();
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) show(false);
  });
  if (field.value.trim() && document.activeElement === field && field.value !== field.defaultValue) later();
}
