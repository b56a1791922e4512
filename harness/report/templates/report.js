"use strict";
(() => {
  const packed = [...document.querySelectorAll("script.block")];
  const unpacked = new Map();

  // The texts of a block: a JSON list, compressed by zlib, in base64.
  function block(number) {
    if (!unpacked.has(number)) {
      unpacked.set(number, unpack(packed[number].textContent));
    }
    return unpacked.get(number);
  }

  async function unpack(text) {
    const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // Pictures and tests are put in when their finding is opened for the first time.
  async function fill(place) {
    const {block: number, place: which} = place.dataset;
    delete place.dataset.block;
    let text;
    try {
      text = (await block(Number(number)))[Number(which)];
    } catch (error) {
      place.textContent = `This browser cannot unpack it (${error}).`;
      return;
    }
    if (place.tagName === "PRE") {
      place.textContent = text;
    } else {
      place.innerHTML = text; // drawn by us, from escaped texts
    }
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
    if (!finding.open || finding.dataset.seen) return;
    finding.dataset.seen = "yes";
    finding.querySelectorAll("[data-block]").forEach(fill);
    finding.querySelectorAll(".texts pre").forEach(copying);
  }

  const findings = [...document.querySelectorAll("details.finding")];
  for (const finding of findings) {
    finding.addEventListener("toggle", () => opened(finding));
    opened(finding);
  }

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
    const texts = findings.map((it) => it.textContent.toLowerCase());
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      let count = 0;
      findings.forEach((it, number) => {
        it.hidden = !texts[number].includes(wanted);
        count += it.hidden ? 0 : 1;
      });
      document.getElementById("shown").textContent = wanted ? `${count} of ${findings.length}` : "";
    });
  }
})();
