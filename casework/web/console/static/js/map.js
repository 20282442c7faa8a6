// The map: MapLibre where there is WebGL, Leaflet where not or where asked for (?map=lite); same data, same signs.
import { light, now } from "./time.js";
import { element, word } from "./words.js";
import { openCase } from "./drawer.js";

const LOOK_MS = 3000;

export async function start(place) {
  const engine = place.dataset.lite === "yes" || !hasWebGl() ? "./map-lite.js" : "./map-gl.js";
  let drawn;
  try {
    const module = await import(engine);
    drawn = await module.draw(place, await load(place), { colours: colours(), open: openCase });
    place.dataset.engine = engine.includes("lite") ? "leaflet" : "maplibre";
  } catch (problem) {
    console.error(problem);
    place.append(element("p", { className: "map-note", textContent: word("map_failed") }));
    return;
  }
  // All points come anew at each look, so looks are seldom: the rows are what must be fresh at once.
  let timer = 0;
  document.addEventListener("gongzhi:changed", () => {
    timer ||= setTimeout(async () => {
      drawn.update(await points(place));
      timer = 0;
    }, LOOK_MS);
  });
  setInterval(() => drawn.relight?.(), 5000);
  document.addEventListener("gongzhi:selected", (event) => {
    const { lat, lon } = event.detail;
    if (lat && lon) drawn.show([Number(lon), Number(lat)]);
  });
}

function hasWebGl() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

const json = async (url) => (await fetch(url, { headers: { Accept: "application/json" } })).json();

async function points(place) {
  const [cases, crews] = await Promise.all([json(place.dataset.cases), json(place.dataset.crews)]);
  return { cases: lit(cases), crews };
}

async function load(place) {
  const [areas, rest] = await Promise.all([json(place.dataset.areas), points(place)]);
  return { areas, ...rest };
}

export function lit(cases) {
  const at = now();
  for (const { properties } of cases.features) properties.light = properties.due ? light(properties.due, properties.target, at) : "none";
  return cases;
}

export function bounds(areas) {
  const box = [180, 90, -180, -90];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]); box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]); box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  };
  areas.features.forEach((feature) => walk(feature.geometry.coordinates));
  return box;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["map-land", "map-line", "map-word", "face", "ink", "ink-2", "ink-3", "green", "amber", "red", "accent", "ground"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export const areaName = () => (document.documentElement.lang.startsWith("zh") ? "name_zh" : "name_en");
