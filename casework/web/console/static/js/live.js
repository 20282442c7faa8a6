// One event stream a browser: the tab that holds the lock listens and tells the others.
// A browser opens six connections to a host; a stream in every tab would hang the seventh.
import { heard } from "./time.js";
import { word } from "./words.js";

const STREAM = "/console/stream";
const CHANGES = "/console/changes";
const POLL_MS = 5000;
const STALE_MS = 25000; // a heartbeat comes every 15 s
const channel = new BroadcastChannel("gongzhi-live");
const badge = document.getElementById("live");
let lastHeard = Date.now();
let state = "off";
let n = -1; // unknown: this page did not say how new it is
let onChanges = () => {};

function show(next) {
  state = next;
  if (!badge) return;
  const silent = Math.round((Date.now() - lastHeard) / 1000);
  const text = next === "stale" ? word("stale", { n: silent }) : word(next);
  if (badge.dataset.state !== next) badge.dataset.state = next;
  const shown = badge.querySelector("[data-live-word]");
  if (shown.textContent !== text) shown.textContent = text;
}

function take(message) {
  lastHeard = Date.now();
  if (message.now) heard(message.now);
  show(message.polled ? "polling" : "live");
  if (message.n === undefined || message.n <= n) return;
  if (message.before > n && n >= 0) { catchUp(); return; } // this tab was not yet listening when something changed
  const first = n < 0;
  n = message.n;
  if (!first && (message.cases || message.complete === false)) onChanges(message);
}

function tell(news) {
  const message = { ...news, before: n };
  take(message);
  channel.postMessage(message);
}

function listen() {
  const source = new EventSource(n < 0 ? STREAM : `${STREAM}?after=${n}`);
  const parse = (event) => tell(JSON.parse(event.data));
  source.addEventListener("beat", parse);
  source.addEventListener("changed", parse);
  source.addEventListener("hello", parse);
  source.onerror = () => {
    show(navigator.onLine ? "reconnecting" : "offline");
    if (source.readyState === EventSource.CLOSED) {
      // Refused for good: no place for another stream, or the session is over. Ask from time to time instead.
      poll(6).then(listen);
    }
  };
}

async function catchUp() {
  const answer = await fetch(`${CHANGES}?after=${Math.max(n, 0)}`, { headers: { Accept: "application/json" } });
  if (answer.ok) take(await answer.json());
}

async function poll(times) {
  for (let turn = 0; turn < times; turn += 1) {
    await new Promise((done) => setTimeout(done, turn ? POLL_MS : 500));
    try {
      const answer = await fetch(`${CHANGES}?after=${Math.max(n, 0)}`, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) tell({ ...(await answer.json()), polled: true });
    } catch {
      show("offline");
    }
  }
}

export function start(after, handler) {
  n = after;
  onChanges = handler;
  channel.onmessage = (event) => take(event.data);
  const lead = () => { listen(); return new Promise(() => {}); };
  if (n >= 0) catchUp();
  if (navigator.locks) navigator.locks.request("gongzhi-live", lead);
  else lead();
  setInterval(() => {
    if (Date.now() - lastHeard > STALE_MS) show(navigator.onLine ? "stale" : "offline");
  }, 1000);
  addEventListener("offline", () => show("offline"));
  addEventListener("online", () => show("reconnecting"));
}

export const current = () => ({ n, state });
