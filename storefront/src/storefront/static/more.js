// The rest of a list, in place.

export default function more(part) {
  part.addEventListener("click", async (event) => {
    const link = event.target.closest(".more a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const added = [...page.querySelectorAll(".list .goods > li")].map((each) => document.importNode(each, true));
      part.querySelector(".goods").append(...added);
      const next = page.querySelector(".more a");
      if (next) link.href = next.href;
      else link.parentElement.remove();
      added[0]?.querySelector("a").focus({ preventScroll: true });
    } catch {
      location.href = link.href;
    }
    link.removeAttribute("aria-busy");
  });
}
