"use strict";
(() => {
  // Pictures come packed; each is unpacked when it comes into sight, as wide as there is room.
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  };
  const draw = async (figure) => {
    const size = figure.clientWidth >= Number(figure.dataset.width) ? "wide" : "small";
    if (figure.dataset.shown === size) return;
    figure.dataset.shown = size;
    figure.innerHTML = await unpacked(figure.dataset[size]);
    figure.style.minHeight = "";
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "200px" });
  const figures = () => document.querySelectorAll("figure.wf-packed");
  for (const figure of figures()) seen.observe(figure);
  addEventListener("resize", () => {
    for (const figure of figures()) if (figure.dataset.shown) draw(figure);
  });
  addEventListener("beforeprint", () => {
    for (const figure of figures()) draw(figure);
  });
})();
