// Orders: every form marked data-act is sent in the background and answered by a toast; plain forms stay plain.
import * as alarms from "./alarms.js";
import { takeUndo, toast } from "./announce.js";
import * as drawer from "./drawer.js";
import { current, takeRows } from "./rows.js";
import { paint, waiting } from "./waiting.js";
import { meta, word } from "./words.js";

const ANSWER_MS = 10000;
const underWay = new Set();

export async function send(url, body, painted = null) {
  let said;
  try {
    const answer = await fetch(url, {
      method: "POST", body, headers: { Accept: "application/json", "X-CSRF-Token": meta("csrf") }, signal: AbortSignal.timeout(ANSWER_MS),
    });
    said = await answer.json();
  } catch {
    painted?.unsure(); // it may have been carried out: only the server can tell
    toast(word("failed"), { kind: "error" });
    return { ok: false };
  }
  if (said.ok) painted?.confirmed();
  else painted?.refused();
  if (said.rows && said.what !== "open") take(said);
  if (said.what === "alarm_ended") alarms.refresh();
  toast(said.message, { kind: said.ok ? "done" : "error", undo: said.undo, id: said.case, onUndo: undo });
  return said;
}

// The answer carries the rows it changed: what this person did is painted without another question.
function take({ case: id, crew, rows }) {
  takeRows(rows, id ? [id] : [], crew ? [crew] : []);
  if (id) drawer.changed({ cases: [id] });
}

export function undo(last = takeUndo()) {
  if (!last) { toast(word("nothing_to_undo"), { kind: "error" }); return; }
  const body = new FormData();
  body.set("token", last.token);
  const row = document.getElementById(last.id ?? "");
  send("/console/undo", body, row?.dataset.number && !row.dataset.waiting ? waiting(row, "undo") : null);
}

export function target() {
  const shown = document.querySelector("article[data-case]");
  if (shown) return { id: shown.dataset.case, number: shown.dataset.number, version: shown.dataset.version, place: shown };
  const row = current();
  return row?.dataset.number ? { id: row.dataset.id, number: row.dataset.number, version: row.dataset.version, place: row } : null;
}

export function dispatch() {
  const one = target();
  if (!one) { toast(word("none"), { kind: "error" }); return; }
  const button = one.place.querySelector('[data-verb="dispatch"]');
  if (one.place.dataset.waiting) return;
  if (button) button.click();
  else toast(word("nobody"), { kind: "error" });
}

export function ask(verb) {
  const one = target();
  const dialog = document.getElementById(`dialog-${verb}`);
  if (!one || !dialog) { toast(word("none"), { kind: "error" }); return; }
  const form = dialog.querySelector("form");
  form.reset();
  form.action = `/console/cases/${encodeURIComponent(one.id)}/${verb}`;
  if (form.elements.version) form.elements.version.value = one.version;
  dialog.querySelector("[data-case-number]").textContent = one.number;
  dialog.showModal();
  form.querySelector("input:not([type=hidden]), select")?.focus();
}

export function start() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-act]")) return;
    event.preventDefault();
    const button = event.submitter;
    const body = new FormData(form, button);
    const url = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const order = `${url} ${new URLSearchParams(body)}`;
    if (underWay.has(order)) return; // the second press of one key
    underWay.add(order);
    button?.setAttribute("aria-busy", "true");
    const said = await send(url, body, paint(url, body));
    button?.removeAttribute("aria-busy");
    underWay.delete(order);
    if (said.ok) form.closest("dialog")?.close();
    if (said.ok && said.what === "open") drawer.openCase(said.case);
    form.closest(".toast")?.remove();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) { event.preventDefault(); ask(opener.dataset.dialog); }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });
}
