// Adds where the crew is, sends each tap once, and waits for a signal. The page works without it.
"use strict";
(() => {
  const form = document.querySelector("form");
  const line = form.querySelector(".waiting");
  const say = (words) => { line.textContent = words; line.hidden = !words; };
  let taken = false;
  const position = () => new Promise((done) => {
    if (!navigator.geolocation) { done(); return; }
    const patience = setTimeout(done, 4000);
    navigator.geolocation.getCurrentPosition((at) => {
      form.elements.lat.value = at.coords.latitude.toFixed(6);
      form.elements.lon.value = at.coords.longitude.toFixed(6);
      clearTimeout(patience);
      done();
    }, () => { clearTimeout(patience); done(); }, { timeout: 3500, maximumAge: 60000 });
  });
  const signal = () => new Promise((done) => {
    if (navigator.onLine) { done(); return; }
    say(form.dataset.offline);
    addEventListener("online", () => done(), { once: true });
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (taken) { return; }
    taken = true;
    const pressed = event.submitter || form.querySelector("button");
    const verb = document.createElement("input");
    verb.type = "hidden";
    verb.name = pressed.name;
    verb.value = pressed.value;
    form.append(verb);
    form.classList.add("busy");
    say(form.dataset.sending);
    await position();
    await signal();
    say(form.dataset.sending);
    form.submit();
  });
  // A page that the browser kept and shows again must take a tap again.
  addEventListener("pageshow", (event) => { if (event.persisted) { location.reload(); } });
})();
