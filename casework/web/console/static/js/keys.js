// Keys without modifiers. They can be turned off, for people whose speech input types letters (WCAG 2.1.4).
import { ask, dispatch, target, undo } from "./actions.js";
import { toast } from "./announce.js";
import { closeDrawer, openCase, why } from "./drawer.js";
import { current, move, takeNew } from "./rows.js";
import { word } from "./words.js";

const OFF = "gongzhi-keys-off";
let waitsForPlace = 0;

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => current() && move(1),
  ArrowUp: () => current() && move(-1),
  d: dispatch,
  a: () => ask("assign"),
  e: () => ask("escalate"),
  m: () => ask("merge"),
  c: () => ask("close"),
  w: () => target() && why(target().id, target().number),
  o: () => current()?.querySelector('[data-verb="toggle"]')?.click(),
  x: () => document.querySelector('[data-verb="seen"]')?.click(),
  u: () => undo(),
  N: () => takeNew(),
  "/": () => focusOn('input[type="search"]'),
  ":": () => document.getElementById("command")?.showModal(),
  "?": () => document.getElementById("dialog-help")?.showModal(),
  Enter: () => enter(),
  Escape: () => back(),
};

function focusOn(selector) {
  const field = document.querySelector(selector);
  field?.focus();
  field?.select?.();
}

function enter() {
  const row = current();
  if (!row || (document.activeElement !== row && document.activeElement !== document.body)) return false;
  if (row.dataset.number) openCase(row.dataset.id);
  return true;
}

function back() {
  if (!closeDrawer() && location.pathname.startsWith("/console/cases/")) history.back();
  current()?.focus();
}

function go(key) {
  if (key === "m") {
    const map = document.getElementById("map");
    if (map) { closeDrawer(); map.focus(); } else location.href = "/console/#map";
    return;
  }
  document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

const writing = (node) => node.closest?.("input, select, textarea, [contenteditable]");

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (writing(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
  if (localStorage.getItem(OFF) && !["?", "Escape", "Enter"].includes(event.key)) return;
  if (Date.now() < waitsForPlace) { waitsForPlace = 0; go(event.key); event.preventDefault(); return; }
  if (event.key === "g") { waitsForPlace = Date.now() + 1500; return; }
  const act = KEYS[event.key];
  if (!act) return;
  if (event.key === "Enter" && event.target.closest("a, button")) return;
  if (event.key.startsWith("Arrow") && !event.target.closest("tr")) return;
  if (act() !== false) event.preventDefault();
}

export function start() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-why]") && target()) { event.preventDefault(); why(target().id, target().number); }
    if (!event.target.closest("[data-keys-switch]")) return;
    const off = !localStorage.getItem(OFF);
    if (off) localStorage.setItem(OFF, "yes"); else localStorage.removeItem(OFF);
    toast(word(off ? "keys_off" : "keys_on"));
  });
}
