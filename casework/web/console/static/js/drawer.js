// The drawer: one case over the map, filled by htmx; without a drawer the case opens as a page.
import { tick } from "./time.js";
import { word } from "./words.js";

const drawer = () => document.getElementById("drawer");
const address = (id) => `/console/cases/${encodeURIComponent(id)}`;

export async function openCase(id, { quiet = false } = {}) {
  if (!drawer() || !window.htmx) { location.href = address(id); return; }
  const top = drawer().scrollTop;
  await window.htmx.ajax("GET", address(id), { target: "#drawer", swap: "innerHTML" });
  drawer().scrollTop = quiet ? top : 0;
  tick();
}

export function closeDrawer() {
  if (!drawer()?.hasChildNodes()) return false;
  drawer().replaceChildren();
  return true;
}

export async function why(id, number) {
  const dialog = document.getElementById("dialog-why");
  const shown = document.querySelector(`[data-case="${CSS.escape(id)}"] #why`) ?? (await fetched(id))?.querySelector("#why");
  const lists = [...(shown?.querySelectorAll(":scope > ol, :scope > details") ?? [])].map((part) => document.importNode(part, true));
  dialog.querySelector("[data-case-number]").textContent = number;
  dialog.querySelector("[data-why-body]").replaceChildren(...(lists.length ? lists : [word("no_reasons")]));
  dialog.showModal();
}

async function fetched(id) {
  const answer = await fetch(address(id), { headers: { "HX-Request": "true", Accept: "text/html" } });
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

export function changed({ cases = [] }) {
  const shown = document.querySelector("[data-case]");
  if (shown && cases.includes(shown.dataset.case)) refresh(shown);
}

async function refresh(shown) {
  if (shown.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
  if (shown.closest("#drawer")) { openCase(shown.dataset.case, { quiet: true }); return; }
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-case]");
  if (fresh) shown.replaceWith(document.importNode(fresh, true));
  tick();
}

export function start() {
  document.addEventListener("htmx:after:swap", () => tick());
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer-close]")) closeDrawer();
    const link = event.target.closest("a.open");
    if (!link || !drawer() || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openCase(link.closest("[data-id]").dataset.id);
  });
}
