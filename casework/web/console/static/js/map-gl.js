// The map by MapLibre GL: own outlines, cases in clusters, crews as small squares; no tiles, no glyph server.
import * as maplibre from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { areaName, bounds, collection } from "./map.js";

const VENDOR = new URL("../vendor/maplibre-gl-6.17.0/", import.meta.url);
const FONT = ["Noto Sans CJK SC"];
maplibre.setWorkerUrl(new URL("maplibre-gl-worker.mjs", VENDOR).href);

function stylesheet() {
  if (document.querySelector("link[data-maplibre]")) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("maplibre-gl.css", VENDOR).href });
  link.dataset.maplibre = "yes";
  document.head.append(link);
  return new Promise((done) => { link.onload = done; });
}

function style(data, c) {
  return {
    version: 8,
    sources: {
      areas: { type: "geojson", data: data.areas },
      cases: { type: "geojson", data: collection(data.cases), promoteId: "id", cluster: true, clusterRadius: 34, clusterMaxZoom: 14, clusterProperties: { late: ["+", ["case", ["==", ["get", "light"], "red"], 1, 0]] } },
      crews: { type: "geojson", data: collection(data.crews), promoteId: "code" },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": c.ground } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": c["map-land"] } },
      { id: "lines", type: "line", source: "areas", paint: { "line-color": c["map-line"], "line-width": 1 } },
      { id: "names", type: "symbol", source: "areas", layout: { "text-field": ["get", areaName()], "text-font": FONT, "text-size": 12 }, paint: { "text-color": c["map-word"], "text-halo-color": c["map-land"], "text-halo-width": 1.5 } },
      { id: "crews", type: "symbol", source: "crews", filter: ["!=", ["get", "status"], "out_of_service"], layout: { "icon-image": ["case", ["==", ["get", "status"], "available"], "crew-free", "crew-busy"], "icon-allow-overlap": true, "icon-ignore-placement": true, "text-field": ["step", ["zoom"], "", 13.5, ["get", "code"]], "text-font": FONT, "text-size": 11, "text-offset": [0, 0.9], "text-anchor": "top", "text-optional": true }, paint: { "text-color": c["ink-2"], "text-halo-color": c["map-land"], "text-halo-width": 1.2 } },
      { id: "clusters", type: "circle", source: "cases", filter: ["has", "point_count"], paint: { "circle-color": c.face, "circle-radius": ["step", ["get", "point_count"], 12, 25, 15, 200, 19], "circle-stroke-width": 2, "circle-stroke-color": ["case", [">", ["get", "late"], 0], c.red, c["ink-3"]] } },
      { id: "counts", type: "symbol", source: "cases", filter: ["has", "point_count"], layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": FONT, "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": c.ink } },
      { id: "cases", type: "symbol", source: "cases", filter: ["!", ["has", "point_count"]], layout: { "icon-image": ["concat", "case-", ["get", "light"]], "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["-", 9, ["get", "priority"]] } },
      { id: "chosen", type: "circle", source: "cases", filter: ["==", ["get", "id"], ""], paint: { "circle-radius": 13, "circle-color": "transparent", "circle-stroke-width": 2, "circle-stroke-color": c.accent } },
    ],
  };
}

function sign(size, colour, edge, path) {
  const canvas = Object.assign(document.createElement("canvas"), { width: size * 2, height: size * 2 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.scale(2, 2);
  pen.beginPath();
  path(pen, size);
  pen.closePath();
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.strokeStyle = edge;
  pen.stroke();
  return pen.getImageData(0, 0, size * 2, size * 2);
}

const circle = (pen, s) => pen.arc(s / 2, s / 2, s / 2 - 2, 0, 7);
const triangle = (pen, s) => { pen.moveTo(s / 2, 1.5); pen.lineTo(s - 1.5, s - 2.5); pen.lineTo(1.5, s - 2.5); };
const diamond = (pen, s) => { pen.moveTo(s / 2, 1); pen.lineTo(s - 1, s / 2); pen.lineTo(s / 2, s - 1); pen.lineTo(1, s / 2); };
const square = (pen, s) => pen.rect(2, 2, s - 4, s - 4);

function addSigns(map, c) {
  const add = (name, size, colour, path) => map.addImage(name, sign(size, colour, c.face, path), { pixelRatio: 2 });
  add("case-green", 13, c.green, circle);
  add("case-amber", 15, c.amber, triangle);
  add("case-red", 16, c.red, diamond);
  add("case-none", 12, c["ink-3"], circle);
  add("crew-free", 11, c.ink, square);
  add("crew-busy", 11, c["ink-3"], square);
}

export async function draw(place, data, { colours, open }) {
  await stylesheet();
  const map = new maplibre.Map({
    container: place, style: style(data, colours), bounds: bounds(data.areas), fitBoundsOptions: { padding: 18 },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 0, localIdeographFontFamily: '"PingFang SC", "Noto Sans CJK SC", sans-serif',
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right");
  await new Promise((done) => map.once("style.load", done));
  addSigns(map, colours);
  map.on("click", "clusters", async (event) => {
    const [feature] = event.features;
    const zoom = await map.getSource("cases").getClusterExpansionZoom(feature.properties.cluster_id);
    map.easeTo({ center: feature.geometry.coordinates, zoom, duration: 250 });
  });
  map.on("click", "cases", (event) => open(event.features[0].properties.id));
  for (const layer of ["clusters", "cases"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  map.getCanvas().tabIndex = -1;
  document.addEventListener("gongzhi:selected", (event) => map.setFilter("chosen", ["==", ["get", "id"], event.detail.id ?? ""]));
  return {
    update({ put = [], gone = [], crews = [] }) {
      if (put.length || gone.length) map.getSource("cases").updateData({ add: put, remove: gone });
      if (crews.length) map.getSource("crews").updateData({ add: crews });
    },
    replace() {
      map.getSource("cases").setData(collection(data.cases));
      map.getSource("crews").setData(collection(data.crews));
    },
    show(point) {
      if (!map.getBounds().contains(point)) map.easeTo({ center: point, duration: 250 });
    },
  };
}
