// Photos of a case: a thumbnail opens large over the page; the arrows go on, Esc goes back. Without this it is a link.
const dialog = document.getElementById("dialog-photo");
let links = [];
let at = 0;

function show(next) {
  at = (next + links.length) % links.length;
  const { href, dataset } = links[at];
  const image = dialog.querySelector("[data-shown]");
  image.src = href;
  image.alt = dataset.caption;
  dialog.querySelector("[data-caption-shown]").textContent = dataset.caption;
  for (const button of dialog.querySelectorAll("[data-turn]")) button.hidden = links.length < 2;
}

export function start() {
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-photo]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    links = [...link.closest(".photos").querySelectorAll("a[data-photo]")];
    show(links.indexOf(link));
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => {
    const turn = event.target.closest("[data-turn]");
    if (turn) show(at + Number(turn.dataset.turn));
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    if (event.key === "ArrowLeft") show(at - 1);
  });
  dialog.addEventListener("close", () => links[at]?.focus());
}
