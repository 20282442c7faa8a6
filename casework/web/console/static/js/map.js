// The map: MapLibre where there is WebGL, Leaflet where not or where asked for (?map=lite); same data, same signs.
import { light, now } from "./time.js";
import { element, word } from "./words.js";
import { openCase } from "./drawer.js";

const LOOK_MS = 1000;
const AT_ONCE = 100; // keys in one address, which servers and proxies hold to four kilobytes

export async function start(place) {
  const engine = place.dataset.lite === "yes" || !hasWebGl() ? "./map-lite.js" : "./map-gl.js";
  let drawn, shown;
  try {
    const module = await import(engine);
    shown = await load(place);
    drawn = await module.draw(place, shown, { colours: colours(), open: openCase });
    place.dataset.engine = engine.includes("lite") ? "leaflet" : "maplibre";
  } catch (problem) {
    console.error(problem);
    place.append(element("p", { className: "map-note", textContent: word("map_failed") }));
    return;
  }
  follow(place, shown, drawn);
  setInterval(() => {
    const put = relit(shown.cases.values());
    if (put.length) drawn.update({ put });
  }, 5000);
  document.addEventListener("gongzhi:selected", (event) => {
    const { lat, lon } = event.detail;
    if (lat && lon) drawn.show([Number(lon), Number(lat)]);
  });
}

// Only what changed is asked for again: one case costs one case, however many are open.
function follow(place, shown, drawn) {
  let news = { cases: new Set(), crews: new Set(), all: false };
  let timer = 0;
  document.addEventListener("gongzhi:changed", ({ detail }) => {
    detail.cases?.forEach((id) => news.cases.add(id));
    detail.crews?.forEach((code) => news.crews.add(code));
    news.all ||= detail.complete === false;
    timer ||= setTimeout(async () => {
      const asked = news;
      news = { cases: new Set(), crews: new Set(), all: false };
      timer = 0;
      try {
        await look(place, shown, drawn, asked);
      } catch {
        news.all = true; // the server did not answer: the next change asks for everything
      }
    }, LOOK_MS);
  });
}

async function look(place, shown, drawn, asked) {
  if (asked.all) {
    Object.assign(shown, await points(place));
    drawn.replace();
    return;
  }
  for (const some of chunks([...asked.cases])) {
    const fresh = read(await json(`${place.dataset.cases}?ids=${some.join(",")}`));
    const gone = some.filter((id) => !fresh.has(id) && shown.cases.delete(id));
    for (const [id, feature] of fresh) shown.cases.set(id, feature);
    drawn.update({ put: [...fresh.values()], gone });
  }
  for (const some of chunks([...asked.crews])) {
    const moved = byKey((await json(`${place.dataset.crews}?codes=${some.join(",")}`)).features, "code");
    for (const [code, feature] of moved) shown.crews.set(code, feature);
    drawn.update({ crews: [...moved.values()] });
  }
}

function* chunks(keys) {
  for (let start = 0; start < keys.length; start += AT_ONCE) yield keys.slice(start, start + AT_ONCE);
}

function hasWebGl() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

async function json(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

async function points(place) {
  const [cases, crews] = await Promise.all([json(place.dataset.cases), json(place.dataset.crews)]);
  return { cases: read(cases), crews: byKey(crews.features, "code") };
}

async function load(place) {
  const [areas, rest] = await Promise.all([json(place.dataset.areas), points(place)]);
  return { areas, ...rest };
}

const byKey = (features, key) => new Map(features.map((feature) => [feature.properties[key], feature]));

// The server sends a case as a list, its title as a place in a list of titles, its end as seconds from `base`.
function read({ base, titles, cases }) {
  const features = cases.map(([id, number, lon, lat, priority, title, due, target]) => ({
    type: "Feature",
    properties: { id, number, title: titles[title], priority, due: due === null ? null : base + due * 1000, target },
    geometry: { type: "Point", coordinates: [lon, lat] },
  }));
  relit(features);
  return byKey(features, "id");
}

// Gives each case the light of its clock at present, and answers those whose light is another than before.
function relit(features) {
  const at = now();
  const changed = [];
  for (const feature of features) {
    const { due, target, light: before } = feature.properties;
    feature.properties.light = due ? light(due, target, at) : "none";
    if (feature.properties.light !== before) changed.push(feature);
  }
  return changed;
}

export const collection = (features) => ({ type: "FeatureCollection", features: [...features.values()] });

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
