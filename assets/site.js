// Keys, the search and the viewer. Without it tiles lead to the pictures' pages.
"use strict";

const { root: way, data, lang, only } = JSON.parse(document.querySelector("#config")?.textContent ?? "{}");
const root = new URL(way || ".", location).href;
const locale = lang?.replace(/^en$/, "en-GB"); // the day before the month, as on the pages
const dates = (options) => new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC", year: "numeric", month: "long" });
const dayFormat = dates({ day: "numeric" });
const day = ({ time }) => time ? dayFormat.format(time * 1000) : "";

let all; // the pictures, newest first, once there are data
let list = []; // those to list through: all, or those found
let base = root; // of the media
let loading;

// pictures promises all. They come as a script, since a page on disk may load
// nothing else. Who asks after a failure tries again.
const pictures = () => loading ??= new Promise((onload, onerror) => {
  document.head.append(make("script", { src: root + data, onload, onerror }));
}).catch((error) => {
  loading = undefined;
  throw error;
});

// What can be asked of a picture, by the name of its select.
const facets = {
  format: (m) => [m.format],
  shape: ({ width, height }) => [width > height * 1.05 ? "landscape" : height > width * 1.05 ? "portrait" : "square"],
  month: (m) => m.time ? [new Date(m.time * 1000).toISOString().slice(0, 7)] : [],
  tag: (m) => m.tags || [],
  account: (m) => m.account ? [m.account] : [],
};
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

const fields = "slug title alt caption tags time name format width height bytes color renditions prompt account clips original".split(" ");
window.firstframe = {
  load({ images, media = root }) {
    base = media;
    all = images.map((row) => Object.fromEntries(fields.map((name, i) => [name, row[i]])));
    for (const m of all) {
      m.facets = Object.fromEntries(Object.entries(facets).map(([name, of]) => [name, of(m)]));
      m.text = fold([m.title, m.alt, m.name, m.caption, m.tags, m.prompt, day(m), m.facets.month].join("\n"));
    }
    if (only) all = all.filter((m) => m.facets[only[0]].includes(only[1])); // the page of a month or a tag
    list = all;
  },
};

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const media = ({ slug }, [width, , key]) => `${base}media/${slug}-${width}-${key}.jpg`;
const page = ({ slug }) => `${root}image/${slug}/index.html`;
const index = (slug) => list.findIndex((m) => m.slug === slug);

// say fills the {blanks} of an element's text.
function say(element, blanks) {
  element.textContent = element.dataset.text.replace(/{(\w+)}/g, (_, name) => blanks[name].toLocaleString(locale));
}

// ---- Keys ----

// On a page written from right to left the newer picture is on the right.
const mirrored = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

// Arrow keys move a page that is wider than the window, or zoomed by fingers.
function scrolls() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth || (window.visualViewport?.scale ?? 1) > 1.01;
}

// What has a data-key is clicked when that key is pressed; what is to be
// written in gets the focus.
addEventListener("keydown", (event) => {
  const { key, target } = event;
  const dialog = document.querySelector("dialog[open]");
  if (event.defaultPrevented || event.isComposing || event.repeat && !dialog) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey && key !== "/") return;
  if (target.isContentEditable || target.closest?.("input, textarea, select, video")) return;
  if (key === " " && target.closest?.("a, button, summary")) return;
  if (key in mirrored ? scrolls() : document.fullscreenElement) return;
  const wanted = (document.dir === "rtl" && mirrored[key]) || key;
  for (const element of (dialog ?? document).querySelectorAll("[data-key]")) {
    if (element.dataset.key !== wanted || element.hidden) continue;
    event.preventDefault();
    element.matches("input") ? element.focus() : element.click();
    return;
  }
});

// ---- The search ----

// search looks through all pictures as one types. The address holds its state.
function search() {
  const form = document.querySelector(".find");
  const { q } = form.elements;
  const answer = form.querySelector("output");
  const hits = document.querySelector(".hits");
  const more = document.querySelector(".more");
  const selects = [...form.querySelectorAll("select")];
  const perPage = 60;
  const monthFormat = dates();
  let found, pending;

  form.style.display = "grid"; // for browsers that do not tell style sheets of scripts

  const labels = { format: (v) => v.toUpperCase(), month: (v) => monthFormat.format(new Date(v)) };
  const orders = {
    oldest: (a, b) => a.time - b.time,
    name: (a, b) => a.order - b.order,
    size: (a, b) => b.bytes - a.bytes,
  };

  function start() {
    return pictures().then(() => found || prepare(), () => answer.textContent = answer.dataset.failed);
  }

  function prepare() {
    const collator = new Intl.Collator(locale, { numeric: true });
    [...all].sort((a, b) => collator.compare(a.title, b.title)).forEach((m, i) => m.order = i);
    for (const select of selects) if (facets[select.name]) offer(select);
    read(selects);
  }

  // offer fills a select with what there is, and how many.
  function offer(select) {
    const { name } = select;
    const counts = new Map();
    for (const v of all.flatMap((m) => m.facets[name])) counts.set(v, (counts.get(v) ?? 0) + 1);
    if (name !== "shape") {
      const values = [...counts.keys()].sort();
      if (name === "month") values.reverse();
      select.append(...values.map((v) => new Option(labels[name]?.(v) ?? v, v)));
    }
    for (const option of [...select.options].slice(1)) {
      option.text += ` (${counts.get(option.value)?.toLocaleString(locale)})`;
      option.hidden = !counts.has(option.value);
    }
    select.parentNode.hidden = !counts.size;
  }

  function read(fields) {
    const asked = new URLSearchParams(location.search);
    for (const field of fields) field.value = asked.get(field.name) ?? "";
    if (selects.some((s) => s.value)) form.querySelector("details").open = true;
    find();
  }

  function write(push) {
    const asked = new URLSearchParams([q, ...selects].filter((f) => f.value).map((f) => [f.name, f.value]));
    const query = asked.size ? "?" + asked : "";
    clearTimeout(pending);
    if (query !== location.search) history[push ? "pushState" : "replaceState"](null, "", location.pathname + query);
  }

  function find() {
    const terms = fold(q.value).split(/\s+/).filter(Boolean);
    const wanted = selects.filter((s) => s.value && facets[s.name]);
    const order = orders[form.elements.sort.value];
    const asked = !!(terms.length || wanted.length || order);
    found = all.filter((m) => terms.every((t) => m.text.includes(t)) && wanted.every((s) => m.facets[s.name].includes(s.value)));
    if (order) found.sort(order);
    list = asked ? found : all;
    form.classList.toggle("on", asked);
    hits.hidden = !asked;
    hits.replaceChildren();
    answer.textContent = found.length ? "" : hits.dataset.none;
    if (asked && found.length) say(answer, { n: found.length, count: all.length });
    if (asked) grow();
    else more.hidden = true;
  }

  function grow() {
    const from = hits.childElementCount;
    hits.append(...found.slice(from, from + perPage).map((m) => m.tile ??= tile(m)));
    more.hidden = hits.childElementCount >= found.length;
    return hits.children[from];
  }

  function tile(m) {
    const [width, height] = m.renditions.at(-1);
    const img = make("img", {
      alt: m.alt || m.title, loading: "lazy", decoding: "async",
      sizes: `min(100vw, ${width / height} * clamp(12rem, 6rem + 10vw, 22rem))`,
      srcset: m.renditions.map((r) => `${media(m, r)} ${r[0]}w`), src: media(m, m.renditions[0]),
    });
    const label = make("span", { textContent: m.title, ariaHidden: !m.alt });
    return make("li", { style: `--r:${width / height};--c:#${m.color}` }, make("a", { href: page(m) }, img, label));
  }

  form.addEventListener("focusin", start, { once: true });
  form.addEventListener("input", async ({ target }) => {
    await start();
    if (!found) return;
    find();
    clearTimeout(pending);
    if (target === q) pending = setTimeout(write, 300); // browsers allow some changes a second
    else write(true);
  });
  form.addEventListener("reset", () => setTimeout(() => { find(); write(true); q.focus(); }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
    hits.querySelector("a")?.focus();
  });
  more.addEventListener("click", () => grow()?.firstChild.focus({ preventScroll: true }));
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !more.hidden && grow(), { rootMargin: "100%" }).observe(more);
  addEventListener("popstate", ({ state }) => found && !state?.slug && !document.querySelector(".viewer[open]") && read([q, ...selects]));

  q.value = new URLSearchParams(location.search).get("q") ?? "";
  if (location.search) start();
}

// ---- The viewer ----

function view() {
  const viewer = document.querySelector(".viewer");
  const $ = (selector) => viewer.querySelector(selector);
  const track = $(".track");
  const onDisk = location.protocol === "file:"; // where no other path can be pushed
  const side = document.dir === "rtl" ? -1 : 1;
  const start = location.href;
  const home = document.title;
  const reach = 500; // slides before the first one: browsers end what is millions of pixels wide

  let at = 0; // the one shown
  let aim = 0; // the one that the track is on its way to
  let first = 0; // the one at the track's beginning
  let room = 0; // the width that the track was laid out for
  let zoom = 1; // of the picture shown; 1 fits
  let goal = 1; // of the zoom
  let shown, opener, settling, showing, gliding;
  let left = 0; // times that it is being closed by us
  const slides = new Map(); // by number: those around the one shown

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const clamp = (n, min, max) => Math.min(Math.max(n, min), max);
  const press = (name, on) => $("." + name).setAttribute("aria-pressed", on);
  const address = ({ slug }) => onDisk ? "#view-" + slug : `${root}image/${slug}/`;
  const slugOf = (tile) => tile.href.match(/image\/(\w+)/)[1];
  const tileOf = (slug) => [opener, ...document.querySelectorAll(".tiles a")].find((a) => a?.offsetParent && slugOf(a) === slug);

  // ---- Opening and closing ----

  function open(slug, tile) {
    opener = tile;
    // The address will be another, and nothing on the page may depend on it.
    for (const e of document.querySelectorAll("[rel=icon], .tiles a")) if (!onDisk) e.href = e.href;
    for (const img of document.querySelectorAll(".tiles img")) {
      if (onDisk || img.src === img.getAttribute("src")) continue;
      img.srcset = img.srcset.replace(/\S+(?= \d+w)/g, (url) => new URL(url, start));
      img.src = img.src;
    }
    history.pushState({ slug }, "", address({ slug }));
    enter(slug);
  }

  function enter(slug) {
    const tile = tileOf(slug);
    if (index(slug) < 0) {
      if (!tile && !all) return pictures().then(() => enter(slug), close);
      list = all ?? [read(tile)];
    }
    shown = true;
    morph(tile?.firstChild, () => {
      if (!shown) return; // it was closed since
      viewer.showModal();
      viewer.focus();
      place(Math.max(0, index(slug)));
      if (!all) pictures().then(widen, () => {});
    }, () => slides.get(at)?.img);
  }

  // read makes what a tile says of a picture do until there are data.
  function read(tile) {
    const img = tile.querySelector("img");
    base = img.src.split("media/")[0];
    const files = (img.srcset || img.src).matchAll(/-(\d+)-(\w+)\.jpg/g);
    return {
      slug: slugOf(tile), title: tile.textContent, alt: img.alt,
      renditions: Array.from(files, ([, width, key]) => [+width, width * img.height / img.width, key]),
    };
  }

  // widen goes on to the neighbours.
  function widen() {
    const s = slides.get(at);
    const i = s ? index(s.m.slug) : -1;
    if (i < 0) return;
    clear();
    slides.set(i, s);
    s.m = list[i];
    track.append(s.box);
    first = Math.max(0, i - reach);
    place(i);
  }

  function clear() {
    slides.clear();
    track.replaceChildren();
  }

  function close() {
    if (shown) history.back();
    shown = false;
  }

  function leave() {
    stop();
    shown = false;
    const { slug } = list[at];
    // What is on another page has no tile here: then the nearest that has.
    const near = tileOf(slug) ?? list.slice(0, at).reverse().concat(list).map((m) => tileOf(m.slug)).find(Boolean);
    morph(slides.get(at).img, () => {
      left++;
      viewer.close();
      clear();
      document.title = home;
      near?.focus({ preventScroll: true });
      near?.scrollIntoView({ block: "nearest" });
    }, () => tileOf(slug)?.firstChild);
  }

  // morph changes what is shown, and lets one picture grow into another.
  function morph(from, change, to) {
    if (calm() || !from || !document.startViewTransition) return change();
    from.style.viewTransitionName = "picture";
    let end;
    const transition = document.startViewTransition(() => {
      from.style.viewTransitionName = "";
      change();
      end = to();
      if (end) end.style.viewTransitionName = "picture";
    });
    transition.ready.catch(() => {}); // as in a window out of sight
    transition.finished.then(() => end && (end.style.viewTransitionName = ""));
  }

  addEventListener("popstate", ({ state }) => {
    if (!state?.slug) return viewer.open ? leave() : shown = false;
    if (viewer.open) place(Math.max(0, index(state.slug)));
    else enter(state.slug);
  });

  document.addEventListener("click", (event) => {
    const tile = event.target.closest(".tiles a");
    if (!tile || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(slugOf(tile), tile);
  });

  // ---- The track ----

  const offset = (i) => (i - first) * room * side;

  // place shows a picture at once.
  function place(i) {
    room = track.clientWidth;
    if (!slides.size || first && i <= first || i > first + 2 * reach) {
      clear();
      first = Math.max(0, i - reach);
    }
    show(i);
    track.scrollTo({ left: offset(i), behavior: "instant" });
    settle();
  }

  // travel moves to a picture.
  function travel(i) {
    aim = clamp(i, 0, list.length - 1);
    scale(1);
    if (calm() || !slides.has(aim)) return place(aim);
    track.scrollTo({ left: offset(aim), behavior: "smooth" });
  }

  track.addEventListener("scroll", () => {
    if (!viewer.open || track.clientWidth !== room) return; // it will be placed
    const i = first + Math.round(Math.abs(track.scrollLeft) / room);
    if (i !== at && list[i]) show(i);
    clearTimeout(settling);
    settling = setTimeout(settle, 120);
  });

  new ResizeObserver(() => viewer.open && track.clientWidth !== room && place(at)).observe(track);

  // settle does what is due when the track has come to rest.
  function settle() {
    clearTimeout(settling);
    if (!shown) return;
    if (at === first && at > 0 || at > first + 2 * reach) return place(at);
    const { slug, title, alt } = list[aim = at];
    if (history.state?.slug !== slug) history.replaceState({ slug }, "", address({ slug }));
    document.title = title + " · " + home.split(" · ").at(-1);
    if (!showing) say($(".unseen"), { n: at + 1, count: list.length, alt: alt || title });
  }

  // show makes a picture the current one. It and its neighbours are loaded;
  // one more on either side has its place.
  function show(i) {
    if (i !== at) scale(1);
    at = i;
    for (const [k, { box }] of slides) {
      if (Math.abs(k - i) > 2 && slides.delete(k)) box.remove();
    }
    for (let k = i - 2; k <= i + 2; k++) {
      if (!list[k]) continue;
      if (!slides.has(k)) slides.set(k, slide(list[k]));
      const { box } = slides.get(k);
      box.style.setProperty("--i", k - first);
      box.inert = k !== i;
    }
    load(i).then(() => at === i && [i + 1, i - 1].forEach((k) => load(k)));
    describe(list[i]);
  }

  function slide(m) {
    const [width, height] = m.renditions.at(-1);
    const img = make("img", { width, height, alt: m.alt || m.title, draggable: false });
    const box = make("div", { className: "slide", style: `--r:${width / height};--w:${width}px;--c:#${m.color}` }, img);
    track.append(box);
    return { m, box, img, width: 0 };
  }

  // load shows the rendition that is needed, and that of the tile until then.
  async function load(i, whole) {
    const s = slides.get(i);
    if (!s) return;
    const { m, img } = s;
    img.src ||= tileOf(m.slug)?.querySelector("img").currentSrc || media(m, m.renditions[0]);
    const need = whole ? Infinity : img.clientWidth * devicePixelRatio;
    const r = m.renditions.find(([width]) => width >= need) ?? m.renditions.at(-1);
    if (r[0] <= s.width) return;
    s.width = r[0];
    const sharp = make("img", { src: media(m, r) });
    await sharp.decode().catch(() => {});
    if (s.width === r[0] && sharp.naturalWidth) img.src = sharp.src;
  }

  // ---- The words ----

  function describe(m) {
    say($(".count"), { n: at + 1, count: list.length });
    $(".prev").ariaDisabled = !list[at - 1];
    $(".next").ariaDisabled = !list[at + 1];
    $(".film").hidden = !m.clips;
    press("film", !!slides.get(at).clip);
    const download = $(".download");
    download.href = m.original ? base + m.original : media(m, m.renditions.at(-1));
    download.download = (m.name || m.slug).replace(/\.\w+$/, "") + download.href.match(/\.\w+$/);
    $(".page").href = page(m);
    const facts = {
      ...m, date: day(m), size: m.width && `${m.width} × ${m.height}`,
      format: m.format?.toUpperCase(), bytes: m.bytes && fileSize(m.bytes), tags: (m.tags || []).map((tag) => make("a", { href: `${root}index.html?tag=${encodeURIComponent(tag)}` }, tag)),
    };
    for (const element of viewer.querySelectorAll("[data-fact]")) {
      const fact = facts[element.dataset.fact];
      element.replaceChildren(...[fact || []].flat());
    }
  }

  function fileSize(bytes) {
    const [unit, n] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
    return n.toLocaleString(locale, { style: "unit", unit, maximumFractionDigits: n < 10 ? 1 : 0 });
  }

  function share() {
    const url = location.href;
    if (navigator.share) return navigator.share({ title: list[at].title, url }).catch(() => {}); // put off
    navigator.clipboard.writeText(url).then(() => {
      const note = $(".note");
      note.textContent = note.dataset.text;
      setTimeout(() => note.textContent = "", 3000);
    }, () => prompt("", url));
  }

  // film shows a picture's films one after the other, and then the picture.
  function film() {
    const s = slides.get(at);
    const clip = s.m.clips[s.clip ?? 0];
    scale(1);
    s.clip = clip && (s.clip ?? 0) + 1;
    s.video?.remove();
    s.img.hidden = !!clip;
    press("film", !!clip);
    if (!clip) return;
    s.video = make("video", { controls: true, playsInline: true, preload: "none", src: base + clip[0], poster: clip[1] && base + clip[1] });
    s.box.append(s.video);
    s.video.play().catch(() => {}); // it has controls
  }

  // ---- The slideshow ----

  function play() {
    press("play", true);
    showing = setTimeout(() => {
      if (!document.hidden) travel(list[at + 1] ? at + 1 : 0);
      play();
    }, 5000);
  }

  function stop() {
    clearTimeout(showing);
    showing = 0;
    press("play", false);
  }

  // ---- Zoom ----

  // most is the zoom at which the largest rendition has its own size.
  const most = () => Math.max(2, list[at].renditions.at(-1)[0] * zoom / slides.get(at).img.offsetWidth);

  // scale zooms the picture, and leaves what is at x, y where it is.
  function scale(z, x = innerWidth / 2, y = innerHeight / 2) {
    cancelAnimationFrame(gliding);
    const { box, img } = slides.get(at) ?? {};
    if (z === zoom || !img?.offsetWidth) return;
    const before = img.getBoundingClientRect();
    zoom = goal = clamp(z, 1, most());
    box.style.setProperty("--z", zoom);
    viewer.classList.toggle("zoomed", zoom > 1);
    press("zoom", zoom > 1);
    const after = img.getBoundingClientRect();
    const grown = after.width / before.width;
    box.scrollBy(after.left + (x - before.left) * grown - x, after.top + (y - before.top) * grown - y);
    if (zoom > 1) load(at, true);
  }

  // glide zooms in a fifth of a second.
  function glide(z, x, y) {
    const to = clamp(z, 1, most()), from = zoom, began = performance.now();
    const frame = (now) => {
      const part = calm() ? 1 : clamp((now - began) / 200, 0, 1);
      scale(from + (to - from) * part, x, y);
      goal = to;
      if (part < 1) gliding = requestAnimationFrame(frame);
    };
    frame(began);
  }

  const toggle = ({ clientX, clientY }) => glide(zoom > 1 ? 1 : Math.min(3, most()), clientX, clientY);

  // ---- Hands ----

  const deeds = {
    close, share, film,
    prev: () => travel(aim - 1),
    next: () => travel(aim + 1),
    play: () => showing ? stop() : play(),
    zoom: () => toggle({}),
    info(button) {
      $("aside").hidden = !$("aside").hidden;
      button.setAttribute("aria-expanded", !$("aside").hidden);
      place(at);
    },
  };

  viewer.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    deeds[button?.className]?.(button);
  });
  viewer.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  viewer.addEventListener("close", () => left ? left-- : close()); // by the browser
  for (const type of ["pointerdown", "wheel", "keydown"]) {
    viewer.addEventListener(type, ({ target, key }) => key === " " || target.closest(".play") || stop(), { passive: true });
  }

  const pan = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
  viewer.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || target.closest("video")) return;
    if (key === "Home") travel(0);
    else if (key === "End") travel(list.length - 1);
    else if (key === "+" || key === "=") glide(goal * 1.5);
    else if (key === "-") glide(goal / 1.5);
    else if (zoom > 1 && pan[key]) slides.get(at).box.scrollBy(...pan[key]);
    else return;
    event.preventDefault();
  });

  track.addEventListener("wheel", (event) => {
    const { deltaX, deltaY, ctrlKey, clientX, clientY } = event;
    if (!ctrlKey && Math.abs(deltaX) >= Math.abs(deltaY)) return; // it scrolls
    event.preventDefault();
    scale(zoom * Math.exp(-clamp(deltaY, -60, 60) / (ctrlKey ? 60 : 300)), clientX, clientY); // ctrl is a pinch
  });

  // Two fingers zoom; one pulls the picture down, to put it away.
  let touch;
  const gap = ([a, b]) => b && Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  track.addEventListener("touchstart", ({ touches }) => {
    touch = { x: touches[0].clientX, y: touches[0].clientY, gap: gap(touches), zoom, pull: 0 };
  }, { passive: true });
  track.addEventListener("touchmove", (event) => {
    const [a, b] = event.touches;
    const y = a.clientY - touch.y;
    if (b && touch.gap) {
      scale(touch.zoom * gap(event.touches) / touch.gap, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    } else if (touch.pull || zoom === 1 && y > 10 && y > 2 * Math.abs(a.clientX - touch.x)) {
      viewer.style.setProperty("--pull", (touch.pull = Math.max(1, y)) + "px");
    } else return;
    if (event.cancelable) event.preventDefault();
  });
  for (const type of ["touchend", "touchcancel"]) {
    track.addEventListener(type, () => {
      if (touch.pull > 90) close();
      if (zoom < 1.1) scale(1);
      touch.pull = 0;
      viewer.style.removeProperty("--pull");
    });
  }

  // A mouse drags the picture about.
  let grip, moved, tapping;
  track.addEventListener("pointerdown", (event) => { grip = event; moved = 0; });
  track.addEventListener("pointermove", (event) => {
    if (!event.buttons || event.pointerType !== "mouse" || zoom === 1) return;
    const x = grip.clientX - event.clientX, y = grip.clientY - event.clientY;
    moved += Math.abs(x) + Math.abs(y);
    slides.get(at).box.scrollBy(x, y);
    grip = event;
  });
  track.addEventListener("click", (event) => {
    if (event.target.closest("video") || moved > 4) return;
    if (event.pointerType === "mouse") return event.target.closest("img") ? toggle(event) : close();
    // One tap takes all but the picture away, two zoom.
    clearTimeout(tapping);
    if (tapping) toggle(event);
    tapping = !tapping && setTimeout(() => {
      viewer.classList.toggle("bare");
      tapping = 0;
    }, 250);
  });

  // On disk the address of a picture is a fragment, which is put on top of the
  // page's own, so that Back closes.
  const shared = onDisk && location.hash.match(/^#view-(\w+)$/);
  if (shared) {
    history.replaceState(null, "", start.split("#")[0]);
    open(shared[1]);
  }
}

if (document.querySelector(".find")) {
  search();
  view();
}
