// What a person orders is painted in the same frame and marked as waiting, until the server confirms it or
// refuses it; what it refuses is turned back. Where no answer comes the row says so until the server tells.
import { ask } from "./rows.js";
import { element, word } from "./words.js";

const AGAIN_MS = 3000;
const TICK_MS = 2500;
const VERBS = { a: "assign", d: "dispatch", e: "escalate", m: "merge", c: "close", v: "void" };

// Reads off an order which row it is for; an order that is for no row on the page is not painted.
function meant(url, body) {
  const path = new URL(url, location.href).pathname;
  const [, id, verb] = path.match(/\/cases\/([^/]+)\/([^/]+)$/) ?? [];
  if (id) return { row: document.getElementById(decodeURIComponent(id)), verb, crew: body.get("crew") };
  const [, letter, number, rest] = path.endsWith("/command") ? body.get("text").match(/^:?\s*(\w)\s+(\d+)\s*(\S*)/) ?? [] : [];
  return VERBS[letter] ? { row: document.querySelector(`tr[data-number="${number}"]`), verb: VERBS[letter], crew: rest } : {};
}

export function paint(url, body) {
  const { row, verb, crew } = meant(url, body);
  return row && !row.dataset.waiting ? waiting(row, verb, crew) : null;
}

export function waiting(row, verb, crew = "") {
  const cell = row.querySelector('[data-cell="next"]');
  const kept = [...cell.childNodes];
  const held = cell.contains(document.activeElement);
  row.dataset.waiting = verb;
  row.setAttribute("aria-busy", "true");
  cell.replaceChildren(...said(verb, crew || (cell.querySelector(".send .code")?.textContent ?? "")));
  if (held) row.focus({ preventScroll: true });

  function over() {
    delete row.dataset.waiting;
    row.removeAttribute("aria-busy");
  }
  return {
    confirmed() {
      over();
      row.dataset.confirmed = "yes";
      setTimeout(() => { delete row.dataset.confirmed; }, TICK_MS);
    },
    refused() {
      over();
      cell.replaceChildren(...kept);
      row.dataset.refused = "yes";
      setTimeout(() => { delete row.dataset.refused; }, TICK_MS);
    },
    async unsure() {
      cell.replaceChildren(element("span", { className: "warn", textContent: word("unsure") }));
      while (!(await ask([row.id], [], { after: over }))) await new Promise((done) => setTimeout(done, AGAIN_MS));
    },
  };
}

function said(verb, crew) {
  const sending = verb === "dispatch" || verb === "assign";
  const ending = ["close", "void", "merge"].includes(verb);
  const mark = element("span", { className: "quiet", textContent: word(sending ? "being_sent" : ending ? "being_ended" : "being_done") });
  return sending && crew ? [element("span", { className: "code", textContent: crew.toUpperCase() }), " ", mark] : [mark];
}
