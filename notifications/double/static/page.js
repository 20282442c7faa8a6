// Keeps the page fresh without losing a half-written reply, the focus or the place one reads at.
const EVERY_MS = 2000;
const talk = document.getElementById("talk");
const toEnd = () => { talk.scrollTop = talk.scrollHeight; };

async function refresh() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelector("h2").textContent !== document.querySelector("h2").textContent) {
    location.reload();
    return;
  }
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next.innerHTML === part.innerHTML || part.matches(":focus-within:not(:focus)")) continue;
    part.replaceChildren(...next.childNodes);
  }
  if (atEnd) toEnd();
}

const form = document.getElementById("reply");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/__inbound", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ from: form.dataset.person, body: form.elements.body.value }),
  });
  form.querySelector("output").textContent = answer.ok ? "" : form.dataset.late;
  form.elements.body.value = "";
  await refresh();
  toEnd();
});

// The first person's phone stays open when a newer conversation moves to the top.
const current = document.querySelector("nav a[aria-current]");
if (current && !new URL(location.href).searchParams.has("person")) history.replaceState(null, "", current.href);
toEnd();
setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, EVERY_MS);
