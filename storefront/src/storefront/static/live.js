// An order as it happens. The server tells what the page shows; whatever is the same stays, so that nothing that somebody
// is about to press moves away under them.
const PATIENCE = 3000;

export default function follow(story) {
  const open = (after) => {
    const address = new URL(story.dataset.live, location.href);
    if (after) address.searchParams.set("after", after);
    const stream = new EventSource(address);
    let last = after;
    stream.addEventListener("step", (event) => (last = event.lastEventId));
    stream.addEventListener("look", (event) => show(story, JSON.parse(event.data).html));
    stream.addEventListener("end", () => stream.close());
    stream.addEventListener("error", () => {
      // A stream that broke comes back by itself, with the number of the last step; one that was refused does not.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => again(last), PATIENCE);
    });
    window.addEventListener("pagehide", () => stream.close(), { once: true });
    window.addEventListener("pageshow", (event) => event.persisted && location.reload(), { once: true });
  };
  const again = async (last) => {
    // Signed out meanwhile, or settled while nobody was listening: the page itself knows what to show.
    const there = await fetch(location.href, { redirect: "manual" }).then((answer) => answer.status !== 503, () => false);
    if (there) location.reload();
    else setTimeout(() => again(last), PATIENCE);
  };
  open("");
}

function show(story, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const part of fresh.content.querySelectorAll("[data-part]")) {
    const old = story.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old) story.append(part);
    else if (old.innerHTML !== part.innerHTML) old.innerHTML = part.innerHTML;
  }
}
