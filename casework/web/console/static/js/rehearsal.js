// A rehearsal: how far it is while it runs, and its chart once it is done.
const LOOK_MS = 1000;

export async function start(place) {
  while (place.querySelector("[data-running]")) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const answer = await fetch(place.dataset.follow, { headers: { Accept: "text/html" } });
      if (answer.ok) place.innerHTML = await answer.text();
    } catch { /* the next look tells */ }
  }
  const chart = place.querySelector("#chart");
  if (chart) draw(chart, JSON.parse(place.querySelector("#chart-data").textContent));
}

async function draw(place, { t, live, draft }) {
  const { default: UPlot } = await import("../vendor/uplot-1.6.32/uPlot.esm.js");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: colour("ink-2"), grid: { stroke: colour("hair") }, ticks: { stroke: colour("hair") } };
  const bars = (offset) => UPlot.paths.bars({ size: [0.42, 40], align: offset, gap: 1 });
  const width = () => Math.max(280, place.clientWidth - 32);
  const plot = new UPlot({
    width: width(),
    height: 240,
    series: [
      {},
      { label: place.dataset.live, stroke: colour("ink-3"), fill: colour("ink-3"), paths: bars(-1), points: { show: false } },
      { label: place.dataset.draft, stroke: colour("accent"), fill: colour("accent"), paths: bars(1), points: { show: false } },
    ],
    axes: [{ ...axis }, { ...axis, size: 44 }],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.08)] } },
  }, [t, live, draft], place);
  new ResizeObserver(() => plot.setSize({ width: width(), height: 240 })).observe(place);
}
