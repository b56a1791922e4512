"use strict";
(() => {
  const packed = [...document.querySelectorAll("script.block")];
  const together = Number(document.currentScript.dataset.together);
  const unpacked = new Map();

  // One text; a block of them is a JSON list, compressed by zlib, in base64.
  async function text(number) {
    const block = Math.floor(number / together);
    if (!unpacked.has(block)) {
      unpacked.set(block, unpack(packed[block].textContent));
    }
    return (await unpacked.get(block))[number % together];
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
