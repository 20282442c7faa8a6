// Starts what the page has; every module does nothing where its part of the page is missing.
import * as actions from "./actions.js";
import * as alarms from "./alarms.js";
import * as drawer from "./drawer.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as photos from "./photos.js";
import * as rows from "./rows.js";
import * as time from "./time.js";

time.start();
rows.start();
actions.start();
drawer.start();
keys.start();
photos.start();

const place = document.querySelector("[data-rows]");
if (place || document.querySelector("[data-case]")) {
  live.start(Number(place?.dataset.n ?? -1), (changes) => {
    rows.changed(changes);
    drawer.changed(changes);
    if (changes.alarms) alarms.refresh();
    document.dispatchEvent(new CustomEvent("gongzhi:changed", { detail: changes }));
  });
}

const map = document.querySelector("[data-map]");
if (map) import("./map.js").then((module) => module.start(map));

const bench = document.querySelector("[data-bench]");
if (bench) import("./workshop.js").then((module) => module.start(bench));

const rehearsal = document.querySelector("[data-follow]");
if (rehearsal) import("./rehearsal.js").then((module) => module.start(rehearsal));
