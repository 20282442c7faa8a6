// The bench: what is changed in the form is written into the YAML beside it, and the other way round.
import { toast } from "./announce.js";
import { meta } from "./words.js";

const WAIT_MS = 500;

export function start(bench) {
  let waiting = 0;
  let asked = 0;
  const form = () => bench.querySelector("form");

  async function send(op) {
    clearTimeout(waiting);
    const mine = ++asked;
    const body = new FormData(form());
    body.set("op", op);
    body.set("part", "1");
    const held = hold();
    bench.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form().action, { method: "POST", body, headers: { "X-CSRF-Token": meta("csrf"), Accept: "text/html" } });
      if (mine !== asked) return;
      if (!answer.ok) throw new Error(String(answer.status));
      bench.innerHTML = await answer.text();
      restore(held);
    } catch {
      if (mine === asked) toast(bench.dataset.lost, { kind: "error" });
    } finally {
      if (mine === asked) bench.removeAttribute("aria-busy");
    }
  }

  // The page is drawn anew: whoever types goes on typing at the same place.
  function hold() {
    const active = document.activeElement;
    if (!bench.contains(active) || !active.name) return null;
    const text = "selectionStart" in active && active.type !== "number" ? [active.selectionStart, active.selectionEnd] : null;
    return { name: active.name, text, value: active.value, top: bench.scrollTop };
  }

  function restore(held) {
    if (!held) return;
    const again = [...form().elements].find((one) => one.name === held.name && one.type !== "submit");
    again?.focus({ preventScroll: true });
    if (held.text && again?.setSelectionRange) again.setSelectionRange(...held.text);
    bench.scrollTop = held.top;
  }

  const later = (op) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => send(op), WAIT_MS);
  };
  const inText = (node) => node.id === "yaml";
  const outside = (node) => ["days", "area", "note"].includes(node.name);

  bench.addEventListener("change", (event) => { if (!outside(event.target) && event.target.closest(".bench")) send(inText(event.target) ? "yaml" : "form"); });
  bench.addEventListener("input", (event) => { if (event.target.matches(".bench input, .bench textarea") && !outside(event.target)) later(inText(event.target) ? "yaml" : "form"); });
  bench.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=op]");
    const word = button?.value.split(":")[0];
    if (button && ["add", "remove", "event", "yaml", "test", "form"].includes(word)) { event.preventDefault(); send(button.value); }
    const problem = event.target.closest("[data-line]");
    if (problem) showLine(Number(problem.dataset.line));
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "s") { event.preventDefault(); form().querySelector('[value="save"]').click(); }
    if (event.key === "Enter") { event.preventDefault(); send("test"); }
  });

  function showLine(line) {
    const text = document.getElementById("yaml");
    const lines = text.value.split("\n");
    const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 4);
  }
}
