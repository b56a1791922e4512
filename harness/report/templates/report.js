"use strict";
(() => {
  const together = Number(document.currentScript.dataset.together);
  const unpacked = new Map();

  // One text, of its own paragraphs and of those that it shares with others.
  async function text(number) {
    const block = Math.floor(number / together);
    const [shared, texts] = await Promise.all([once("script.shared", 0), once("script.block", block)]);
    const parts = texts[number % together];
    return parts.map((it) => (typeof it === "number" ? shared[it] : it)).join("\n\n");
  }

  // A list as JSON, compressed by zlib, in base64; unpacked when it is needed for the first time.
  function once(selector, place) {
    const key = `${selector} ${place}`;
    if (!unpacked.has(key)) {
      unpacked.set(key, unpack(document.querySelectorAll(selector)[place].textContent));
    }
    return unpacked.get(key);
  }

  async function unpack(text) {
    const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // Pictures and tests are put in when their finding is opened for the first time.
  async function fill(place, number, put) {
    if (place.dataset.shown === String(number)) return;
    place.dataset.shown = String(number);
    try {
      put(await text(number));
    } catch (error) {
      place.textContent = `This browser cannot unpack it (${error}).`;
    }
  }

  // As wide as there is room; drawn by us, from escaped texts.
  function draw(place) {
    const {width, wide, small} = place.dataset;
    const number = Number(place.clientWidth >= Number(width) ? wide : small);
    return fill(place, number, (svg) => { place.innerHTML = svg; });
  }

  function write(place) {
    return fill(place, Number(place.dataset.text), (words) => { place.textContent = words; });
  }

  function copying(pre) {
    const button = document.createElement("button");
    button.className = "copy";
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 2000);
    });
    pre.before(button);
  }

  function opened(finding) {
    if (!finding.open) return;
    finding.querySelectorAll(".picture").forEach(draw);
    if (finding.dataset.seen) return;
    finding.dataset.seen = "yes";
    finding.querySelectorAll("[data-text]").forEach(write);
    finding.querySelectorAll(".texts pre").forEach(copying);
  }

  const findings = [...document.querySelectorAll("details.finding")];
  for (const finding of findings) {
    finding.addEventListener("toggle", () => opened(finding));
    opened(finding);
  }

  addEventListener("resize", () => findings.forEach(opened));
  addEventListener("beforeprint", () => findings.forEach(opened));

  function follow() {
    const finding = document.getElementById(location.hash.slice(1));
    if (finding && finding.matches("details.finding")) {
      finding.open = true;
      finding.scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  follow();

  const filter = document.getElementById("filter");
  if (filter) {
    filter.closest(".filter").hidden = false;
    let texts = null; // read when somebody asks: there may be many
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      texts ??= findings.map((it) => it.textContent.toLowerCase());
      let count = 0;
      findings.forEach((it, number) => {
        it.hidden = !texts[number].includes(wanted);
        count += it.hidden ? 0 : 1;
      });
      document.getElementById("shown").textContent = wanted ? `${count} of ${findings.length}` : "";
    });
  }
})();
