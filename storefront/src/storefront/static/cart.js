// The cart changes in place: what its forms send is sent behind the page, and the answer takes the place of the cart.
const WAIT = 350;

export default function begin(cart) {
  let waiting;
  cart.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-at-once]");
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => form.checkValidity() && swap(cart, form), WAIT);
  });
  cart.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-at-once], form[data-swap]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(waiting);
    swap(cart, form);
  });
}

let turn = 0;

async function swap(cart, form) {
  const mine = ++turn;
  const focus = document.activeElement?.id;
  cart.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("cart");
    if (mine !== turn) return; // a later change is under way, and its answer knows both
    if (!fresh) return location.assign("/cart");
    cart.replaceChildren(...fresh.childNodes);
    document.querySelector(".tools a[href='/cart']")?.replaceWith(page.querySelector(".tools a[href='/cart']"));
    (document.getElementById(focus) ?? cart.querySelector("h1")).focus();
  } catch {
    form.submit(); // the browser says itself that it is offline
  } finally {
    if (mine === turn) cart.removeAttribute("aria-busy");
  }
}
