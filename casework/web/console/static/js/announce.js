// Toasts for what was done; sound and an assertive word for priority 1 only.
import { element, word } from "./words.js";

const STAY_MS = 9000;
let lastUndo = null;

export function toast(message, { kind = "done", undo = null, id = null, onUndo = null } = {}) {
  const box = element("div", { className: "toast" }, element("span", { textContent: message }));
  box.dataset.kind = kind;
  if (undo) {
    lastUndo = { token: undo, id };
    const button = element("button", { type: "button" }, `${word("undo")} `, element("kbd", { textContent: "u" }));
    button.addEventListener("click", () => { box.remove(); onUndo?.({ token: undo, id }); });
    box.append(button);
  }
  const tray = document.getElementById("toasts");
  tray.append(box);
  while (tray.children.length > 3) tray.firstElementChild.remove();
  setTimeout(() => box.remove(), STAY_MS);
}

export function takeUndo() {
  const last = lastUndo;
  lastUndo = null;
  return last;
}

export function alarm(title) {
  const place = document.getElementById("alarm");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = word("alarm", { title }); });
  beep();
}

function beep() {
  if (!navigator.userActivation?.hasBeenActive) return; // a browser plays nothing before the first key or click
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.connect(audio.destination);
  for (const [at, pitch] of [[0, 880], [0.18, 1175]]) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.14);
  }
  volume.gain.value = 0.12;
  setTimeout(() => audio.close(), 800);
}
