// The strip of open alarms: asked for anew when one rises, ends, or was seen here.
export async function refresh() {
  const place = document.querySelector("[data-alarms]");
  if (!place) return;
  const answer = await fetch(place.dataset.alarms, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-alarms]");
  if (fresh && fresh.textContent !== place.textContent) place.replaceWith(document.importNode(fresh, true));
}
