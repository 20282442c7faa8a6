// Live rows: cells change in place, rows never move under the hand, new ones wait until asked for.
import { alarm } from "./announce.js";
import { tick } from "./time.js";
import { element, meta, word } from "./words.js";

const table = () => document.querySelector("[data-live-rows]");
const waiting = new Set();
let asked = new Set();
let askedCrews = new Set();
let timer = 0;
const AT_ONCE = 100; // keys in one address, which servers and proxies hold to four kilobytes
const AGAIN_MS = 3000;
const ANSWER_MS = 10000;
const AHEAD_PX = 900;
const MOST_ROWS = 500; // as many as the server gives at once

export function changed({ cases = [], crews = [], complete = true }) {
  if (!complete) { takeNew(); return; }
  cases.forEach((id) => asked.add(id));
  crews.forEach((code) => askedCrews.add(code));
  clearTimeout(timer);
  timer = setTimeout(fetchRows, 120);
}

async function fetchRows() {
  const [ids, codes] = [[...asked], [...askedCrews]];
  asked = new Set();
  askedCrews = new Set();
  for (let start = 0; start < Math.max(ids.length, 1); start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    if (await ask(some, start ? [] : codes)) continue;
    ids.slice(start).forEach((id) => asked.add(id));
    codes.forEach((code) => askedCrews.add(code));
    clearTimeout(timer);
    timer = setTimeout(fetchRows, AGAIN_MS);
    return;
  }
}

// Asks for rows and takes them; false where the server did not answer. `after` is called before they are taken.
export async function ask(ids, codes, { after } = {}) {
  const place = document.querySelector("[data-rows]");
  if (!place) return true;
  const query = new URLSearchParams({ ids: ids.join(","), crews: codes.join(",") });
  let html;
  try {
    const answer = await fetch(`${place.dataset.rows}?${query}`, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) return false;
    html = await answer.text();
  } catch {
    return false;
  }
  after?.();
  takeRows(html, ids, codes);
  return true;
}

export function takeRows(html, ids, codes) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  ids.forEach((id) => takeCase(id, fresh));
  codes.forEach((code) => takeCrew(code, fresh));
  showNews();
}

function takeCase(id, fresh) {
  const [old, row] = [document.getElementById(id), fresh.getElementById(id)];
  if (!table()?.querySelector("[data-number]") && !row) return;
  if (old?.dataset.waiting) return; // painted ahead of the server: the answer to the order brings the row
  if (old && row) patch(old, row);
  else if (old) gone(old);
  else if (row && document.getElementById("queue") && isNew(row)) arrived(id, row);
}

function takeCrew(code, fresh) {
  const [old, row] = [document.getElementById(`crew-${code}`), fresh.getElementById(`crew-${code}`)];
  if (old && row) patch(old, row);
  const [chip, freshChip] = [document.getElementById(`chip-${code}`), fresh.getElementById(`chip-${code}`)];
  if (chip && freshChip) {
    chip.dataset.status = freshChip.dataset.status;
    chip.title = freshChip.title;
    chip.innerHTML = freshChip.innerHTML;
  }
}

export function patch(old, row) {
  for (const { name, value } of [...row.attributes]) {
    if (name.startsWith("data-") && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  delete old.dataset.gone;
  for (const cell of row.querySelectorAll("[data-cell]")) {
    const place = old.querySelector(`[data-cell="${cell.dataset.cell}"]`);
    if (!place || same(place, cell)) continue;
    const held = place.contains(document.activeElement);
    tick(cell);
    place.replaceChildren(...[...cell.childNodes].map((node) => document.importNode(node, true)));
    place.title = cell.title;
    if (held) (place.querySelector("a, button") ?? old).focus({ preventScroll: true });
    place.classList.remove("changed");
    void place.offsetWidth; // the animation starts again only after the class was seen to be gone
    place.classList.add("changed");
  }
}

function same(place, cell) {
  const [was, is] = [place.querySelector("[data-due]"), cell.querySelector("[data-due]")];
  if (was && is) return was.dataset.due === is.dataset.due && was.querySelector("small")?.textContent === is.querySelector("small")?.textContent;
  const [since, fresh] = [place.querySelector("[data-since]"), cell.querySelector("[data-since]")];
  if (since && fresh) return since.dataset.since === fresh.dataset.since && place.textContent.replace(since.textContent, "") === cell.textContent.replace(fresh.textContent, "");
  return place.textContent === cell.textContent && place.innerHTML.length === cell.innerHTML.length;
}

function gone(row) {
  if (row.dataset.gone) return;
  row.dataset.gone = "yes";
  const cell = row.querySelector('[data-cell="next"]');
  if (cell) cell.textContent = word("gone");
}

function arrived(id, row) {
  if (waiting.has(id)) return;
  waiting.add(id);
  if (row.dataset.priority === "1") alarm(row.querySelector(".title")?.textContent ?? "");
}

// On a narrowed board a change of a case outside the filter is no news; a case opened since then is.
const isNew = (row) => !filtered() || Number(row.dataset.opened) > opened;
const opened = Number(meta("server-now"));
const filtered = () => location.search.length > 1 && !location.search.startsWith("?map=");

function showNews() {
  const button = document.getElementById("news");
  if (!button) return;
  button.hidden = waiting.size === 0;
  const text = waiting.size === 1 ? word("new_one") : word("new_many", { n: waiting.size });
  button.replaceChildren(`${text} `, element("kbd", { textContent: "N" }));
}

export async function takeNew() {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const address = new URL(location.href);
  address.searchParams.set("rows", String(Math.min(queue.querySelectorAll("tbody tr").length, MOST_ROWS)));
  const fresh = (await fetched(address))?.getElementById("queue");
  const shown = document.getElementById("queue");
  if (!fresh || !shown) return;
  const placed = document.importNode(fresh, true);
  // Not before now: a row may have been chosen while the answer was on its way.
  const kept = { id: current()?.dataset.id, top: shown.scrollTop };
  shown.replaceWith(placed);
  placed.scrollTop = kept.top;
  waiting.clear();
  showNews();
  tick();
  const row = kept.id && document.getElementById(kept.id);
  if (row) select(row);
  nearEnd();
}

async function fetched(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true", Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

// The queue comes a page at a time: the next one is fetched before its end is scrolled into sight.
let fetching = false;

async function nearEnd() {
  const link = document.querySelector("#queue .more a");
  if (fetching || !link || link.getBoundingClientRect().top > innerHeight + AHEAD_PX) return;
  fetching = true;
  const further = (await fetched(link.href))?.getElementById("queue");
  fetching = false;
  if (!link.isConnected) return nearEnd(); // the list was taken anew meanwhile
  if (!further) return;
  const fresh = [...further.querySelectorAll("tbody tr")].filter((row) => !document.getElementById(row.id));
  fresh.forEach((row) => waiting.delete(row.id));
  table().querySelector("tbody").append(...fresh.map((row) => document.importNode(row, true)));
  const next = further.querySelector(".more");
  if (next) link.closest(".more").replaceWith(document.importNode(next, true));
  else link.closest(".more").remove();
  tick();
  showNews();
  nearEnd(); // a tall screen may show the whole page and still have room
}

export const current = () => document.querySelector('[data-live-rows] tr[aria-current="true"]');

export function select(row) {
  current()?.removeAttribute("aria-current");
  if (!row) return;
  for (const other of row.parentElement.querySelectorAll('tr[tabindex="0"]')) other.tabIndex = -1;
  row.setAttribute("aria-current", "true");
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new CustomEvent("gongzhi:selected", { detail: row.dataset }));
}

export function move(step) {
  const rows = [...(table()?.querySelectorAll("tbody tr") ?? [])];
  if (!rows.length) return;
  const at = rows.indexOf(current());
  select(rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]);
}

export function start() {
  table()?.querySelector("tbody tr")?.setAttribute("tabindex", "0");
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-live-rows] tbody tr");
    if (row) select(row);
    if (event.target.closest("#news")) takeNew();
  });
  document.addEventListener("scroll", nearEnd, { capture: true, passive: true });
  nearEnd();
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-live-rows] tbody tr");
    if (row && row !== current() && event.target === row) select(row);
  });
}
