// Countdowns: one tick a second for the whole page, by the server's clock and not this computer's.
import { meta, word } from "./words.js";

let offset = Number(meta("server-now")) - Date.now();

export const now = () => Date.now() + offset;

export function heard(serverMillis) {
  // A frame may be late, never early: follow the largest offset quickly, a smaller one slowly.
  const fresh = serverMillis - Date.now();
  offset = fresh > offset ? fresh : offset + (fresh - offset) * 0.1;
}

export function countdown(seconds) {
  const whole = Math.trunc(Math.abs(seconds));
  const sign = seconds < 0 && whole ? "-" : "";
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes, rest] = [Math.trunc(whole / 3600), Math.trunc(whole / 60) % 60, whole % 60];
  return hours ? `${sign}${hours}:${two(minutes)}:${two(rest)}` : `${sign}${minutes}:${two(rest)}`;
}

export function light(due, target, at = now()) {
  const used = 1 - (due - at) / 1000 / target;
  return used > 1 ? "red" : used >= 0.8 ? "amber" : "green";
}

function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

export function tick(root = document) {
  const at = now();
  for (const clock of root.querySelectorAll("[data-due]")) {
    const due = Number(clock.dataset.due);
    put(clock.querySelector("[data-left]"), countdown((due - at) / 1000));
    const colour = light(due, Number(clock.dataset.target), at);
    if (clock.dataset.light !== colour) clock.dataset.light = colour;
    put(clock.querySelector("[data-word]"), word(colour));
    const bar = clock.closest(".bar-line");
    if (bar) fill(bar, colour, 1 - (due - at) / 1000 / Number(clock.dataset.target));
  }
  for (const old of root.querySelectorAll("[data-since]")) put(old, age((at - Number(old.dataset.since)) / 1000));
}

// The bar of a clock on the case page: its target stands at four fifths of its width.
function fill(bar, colour, used) {
  bar.dataset.light = colour;
  put(bar.querySelector(".bar-word"), word(colour));
  bar.querySelector(".bar-used").setAttribute("width", `${Math.min(100, Math.max(0, used * 80)).toFixed(1)}%`);
}

export function age(seconds) {
  const whole = Math.max(0, Math.trunc(seconds));
  if (whole < 100) return word("age_s", { n: whole });
  const minutes = Math.trunc(whole / 60);
  if (minutes < 100) return word("age_min", { n: minutes });
  const hours = Math.trunc(minutes / 60);
  return hours < 48 ? word("age_h", { n: hours }) : word("age_d", { n: Math.trunc(hours / 24) });
}

export function start() {
  const face = document.getElementById("now");
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: face?.dataset.zone || undefined,
  });
  const beat = () => {
    tick();
    put(face, format.format(now()));
    setTimeout(beat, 1000 - (now() % 1000));
  };
  beat();
}
