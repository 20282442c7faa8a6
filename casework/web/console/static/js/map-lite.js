// The map by Leaflet on a plain canvas, for computers without WebGL: the same signs, clustered on a grid.
import * as leaflet from "../vendor/leaflet-1.9.4/leaflet-src.esm.js";
import { areaName } from "./map.js";

const GRID = 44; // pixels: two signs nearer than this would hide each other

function stylesheet() {
  const href = new URL("../vendor/leaflet-1.9.4/leaflet.css", import.meta.url).href;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((done) => { link.onload = done; });
}

export function grouped(map, features) {
  const cells = new Map();
  for (const feature of features) {
    const [lon, lat] = feature.geometry.coordinates;
    const at = map.project([lat, lon]);
    const key = `${Math.floor(at.x / GRID)}/${Math.floor(at.y / GRID)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(feature);
  }
  return [...cells.values()];
}

export async function draw(place, data, { colours: c, open }) {
  await stylesheet();
  const map = leaflet.map(place, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, zoomControl: false });
  leaflet.control.zoom({ position: "bottomright" }).addTo(map);
  const areas = leaflet.geoJSON(data.areas, {
    style: { color: c["map-line"], weight: 1, fillColor: c["map-land"], fillOpacity: 1 }, interactive: false,
    onEachFeature: (feature, layer) => layer.bindTooltip(feature.properties[areaName()], { permanent: true, direction: "center", className: "area-name" }),
  }).addTo(map);
  map.fitBounds(areas.getBounds(), { padding: [12, 12] });
  const signs = leaflet.layerGroup().addTo(map);

  function redraw() {
    signs.clearLayers();
    for (const feature of data.crews.values()) {
      if (feature.properties.status === "out_of_service") continue;
      const [lon, lat] = feature.geometry.coordinates;
      const colour = feature.properties.status === "available" ? c.ink : c["ink-3"];
      leaflet.circleMarker([lat, lon], { radius: 3, color: c.face, weight: 1, fillColor: colour, fillOpacity: 1 }).bindTooltip(`${feature.properties.code} ${feature.properties.name}`).addTo(signs);
    }
    for (const group of grouped(map, data.cases.values())) drawGroup(group);
  }

  function drawGroup(group) {
    const [lon, lat] = group[0].geometry.coordinates;
    const worst = ["red", "amber", "green"].find((colour) => group.some(({ properties }) => properties.light === colour));
    if (group.length === 1) {
      const one = group[0].properties;
      const sign = leaflet.divIcon({ className: `map-sign is-${worst ?? "none"}`, iconSize: [14, 14] });
      leaflet.marker([lat, lon], { icon: sign, keyboard: false })
        .bindTooltip(`${one.number} ${one.title}`).on("click", () => open(one.id)).addTo(signs);
      return;
    }
    const icon = leaflet.divIcon({ html: String(group.length), className: `map-cluster is-${worst ?? "none"}`, iconSize: [26, 26] });
    leaflet.marker([lat, lon], { icon, keyboard: false }).on("click", () => map.setView([lat, lon], map.getZoom() + 1.5)).addTo(signs);
  }

  map.on("zoomend", redraw);
  redraw();
  return {
    update: redraw,
    replace: redraw,
    show([lon, lat]) { if (!map.getBounds().contains([lat, lon])) map.panTo([lat, lon]); },
  };
}
