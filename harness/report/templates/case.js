"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const [KIND, FROM, TO, WORDS, KEYS, SENT, ENDED, FATE] = [0, 1, 2, 3, 4, 5, 6, 7];
  const label = Object.fromEntries(data.lanes);
  let place = 0;
  let followed = null;

  // States after each row, by lane and key, follow from what changed.
  const now = new Map();
  for (const row of data.rows) {
    for (const [lane, key, , after] of [...row.hidden, ...row.changed]) {
      if (after === null) now.delete(JSON.stringify([lane, key]));
      else now.set(JSON.stringify([lane, key]), [lane, key, after]);
    }
    row.states = [...now.values()];
  }

  const make = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const chip = (state, moved) =>
    make("span", state, `chip ${data.families[state] || "none"}${moved ? " moved" : ""}`);

  const told = (arrow) => {
    const end =
      arrow[ENDED] === null ? "under way in the end"
      : `${arrow[FATE] === "lost" ? "lost" : "there"} in ${arrow[ENDED]}`;
    return `${label[arrow[FROM]] || arrow[FROM]} to ${label[arrow[TO]] || arrow[TO]} (${arrow[KIND]}): ` +
      `${arrow[WORDS]}; sent in ${arrow[SENT]}, ${end}`;
  };

  // The step that is looked at.

  const name = (row) =>
    row.rest ? `${row.n}, at rest${row.step === "rest" ? "" : `: ${row.step}`}` : `step ${row.n} of ${data.steps}: ${row.step}`;

  const facts = (row) => {
    const list = byId("facts");
    list.replaceChildren();
    const say = (what, arrows) => {
      for (const arrow of arrows) list.append(make("dt", what), make("dd", told(arrow)));
    };
    const ended = data.arrows.filter((it) => it[ENDED] === row.n);
    say("arrives", ended.filter((it) => it[FATE] === "arrived"));
    say("is lost", ended.filter((it) => it[FATE] === "lost"));
    say("is sent", data.arrows.filter((it) => it[SENT] === row.n && it[ENDED] !== row.n));
    say("under way", data.arrows.filter(
      (it) => it[SENT] < row.n && (it[ENDED] === null || it[ENDED] > row.n)));
    const broken = byId("broken");
    broken.hidden = row.n !== data.breach;
    if (!broken.hidden) {
      const [property, ...said] = data.broken;
      broken.querySelector("strong").textContent = `✗ ${property}`;
      [...broken.children].slice(1).forEach((it, place) => { it.textContent = said[place]; });
    }
  };

  const states = (row) => {
    const table = byId("states");
    const keys = data.keys.filter((key) => row.states.some((it) => it[1] === key));
    const lanes = data.lanes.filter(([lane]) => row.states.some((it) => it[0] === lane));
    const head = make("tr");
    head.append(make("td", ""), ...lanes.map(([, its]) => {
      const cell = make("th", its);
      cell.scope = "col";
      return cell;
    }));
    const rows = keys.map((key) => {
      const line = make("tr");
      const side = make("th", key);
      side.scope = "row";
      line.append(side);
      for (const [lane] of lanes) {
        const found = row.states.find((it) => it[0] === lane && it[1] === key);
        const cell = make("td");
        const moved = row.changed.some((it) => it[0] === lane && it[1] === key);
        if (found) cell.append(chip(found[2], moved));
        line.append(cell);
      }
      return line;
    });
    const top = make("thead");
    const body = make("tbody");
    top.append(head);
    body.append(...rows);
    table.replaceChildren(...(keys.length ? [top, body] : []));
  };

  const tables = (row) => {
    byId("more").hidden = row.tables.length === 0;
    byId("tables").replaceChildren(
      ...row.tables.flatMap(([kind, text]) => [make("span", text, kind), "\n"]));
  };

  const show = (next) => {
    place = Math.max(0, Math.min(next, data.rows.length - 1));
    const row = data.rows[place];
    if (!row) return;
    byId("where").textContent = name(row);
    byId("step").textContent = name(row);
    facts(row);
    states(row);
    tables(row);
    for (const band of all("[data-row] > .band")) {
      band.classList.toggle("now", Number(band.parentNode.dataset.row) === row.n);
    }
    for (const it of all("[data-arrow]")) {
      const arrow = data.arrows[it.dataset.arrow];
      it.classList.toggle("now", arrow[SENT] === row.n || arrow[ENDED] === row.n);
      it.classList.toggle(
        "way", arrow[SENT] < row.n && (arrow[ENDED] === null || arrow[ENDED] > row.n));
    }
    byId("back").disabled = byId("first").disabled = place === 0;
    byId("on").disabled = byId("last").disabled = place === data.rows.length - 1;
    history.replaceState(null, "", `#${row.n}`);
  };

  // Scrolls no further than it must: a row is seen when nothing that is sticky covers it.
  const reveal = () => {
    const band = all(".band.now").find((it) => it.getClientRects().length);
    if (!band) return;
    const heads = all(".heads").find((it) => it.getClientRects().length);
    const top = document.querySelector("nav").offsetHeight + heads.offsetHeight + 8;
    const box = band.getBoundingClientRect();
    const below = box.bottom + 16 - innerHeight;
    if (box.top < top) scrollBy(0, box.top - top);
    else if (below > 0) scrollBy(0, Math.min(below, box.top - top));
  };

  const measure = () => {
    const high = document.querySelector("nav").offsetHeight;
    document.documentElement.style.setProperty("--nav", `${high}px`);
  };

  const go = (next) => {
    show(next);
    reveal();
  };

  const goTo = (number) => {
    const found = data.rows.findIndex((row) => row.n === number);
    if (found >= 0) go(found);
  };

  // A message that is looked at.

  const listen = (it) => {
    byId("said").textContent = told(data.arrows[it.dataset.arrow]);
    byId("message").hidden = false;
  };

  for (const it of all("[data-arrow]")) {
    const arrow = data.arrows[it.dataset.arrow];
    it.setAttribute("tabindex", "0");
    it.setAttribute("role", "button");
    it.setAttribute("aria-label", told(arrow));
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = told(arrow);
    it.append(title);
    it.addEventListener("mouseenter", () => listen(it));
    it.addEventListener("focus", () => listen(it));
    const follow = () => goTo(arrow[ENDED] === null ? arrow[SENT] : arrow[ENDED]);
    it.addEventListener("click", follow);
    it.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        follow();
      }
    });
  }

  // A key that is followed.

  const story = (key) =>
    data.rows.flatMap((row) => {
      const changes = row.changed
        .filter((it) => it[1] === key)
        .map(([lane, , before, after]) => `${label[lane]}: ${before || "-"} -> ${after || "-"}`);
      const about = row.keys.includes(key) || changes.length ||
        data.arrows.some((it) => it[KEYS].includes(key) && (it[SENT] === row.n || it[ENDED] === row.n));
      return about ? [`${row.n} ${row.step}${changes.length ? ` · ${changes.join(", ")}` : ""}`] : [];
    });

  const follow = (key) => {
    followed = followed === key ? null : key;
    for (const svg of all("svg")) svg.classList.toggle("following", followed !== null);
    for (const it of all(".k")) it.classList.toggle("on", it.dataset.key === followed);
    for (const it of all("[data-arrow]")) {
      it.classList.toggle("on", data.arrows[it.dataset.arrow][KEYS].includes(followed));
    }
    for (const it of all("button.key")) {
      it.setAttribute("aria-pressed", String(it.dataset.key === followed));
    }
    byId("story").hidden = followed === null;
    if (followed === null) return;
    byId("whose").textContent = followed;
    byId("told").replaceChildren(...story(followed).map((line) => make("li", line)));
  };

  for (const it of all(".k, button.key")) it.addEventListener("click", () => follow(it.dataset.key));
  for (const it of all(".row, g[data-row]")) {
    it.addEventListener("click", (event) => {
      if (!event.target.closest(".k")) goTo(Number(it.dataset.row));
    });
  }

  // Buttons and keyboard.

  const moves = {
    first: () => go(0),
    back: () => go(place - 1),
    on: () => go(place + 1),
    last: () => go(data.rows.length - 1),
  };
  for (const [id, move] of Object.entries(moves)) byId(id).addEventListener("click", move);
  const pressed = {
    ArrowLeft: moves.back, k: moves.back, ArrowRight: moves.on, j: moves.on,
    Home: moves.first, End: moves.last,
    Escape: () => followed !== null && follow(followed),
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest(".scroll, pre")) return;
    const act = pressed[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const asked = Number(location.hash.slice(1));
  const broken = data.rows.findIndex((row) => row.n === data.breach);
  const begin = data.rows.findIndex((row) => row.n === asked);
  const linked = location.hash && begin >= 0;
  history.scrollRestoration = "manual";
  show(linked ? begin : broken >= 0 ? broken : 0);
  measure();
  addEventListener("resize", measure);
  if (linked || broken >= 0) reveal();
})();
