// The scripts of all pages: keys, the search and the viewer. Every page works without them.
// Comments like this one, on lines of their own, are removed when the site is published.
"use strict";

const $ = (selector) => document.querySelector(selector);
const $$ = (selector) => [...document.querySelectorAll(selector)];
// The page says where the site's root and the data are, and in which language its words are. The
// page of a month or a tag says what all its pictures have in common, and how they are arranged.
const { root: way, data, lang, only, order } = JSON.parse($("#config")?.textContent ?? "{}");
const root = new URL(way || ".", location).href;
const locale = lang?.replace(/^en$/, "en-GB") + "-u-ca-gregory-nu-latn";
// A format of dates takes long to make, and most visitors never need one.
const formats = {};
const date = (time, day) => (formats[day] ??= new Intl.DateTimeFormat(locale, { timeZone: "UTC", year: "numeric", month: "long", day })).format(time);
const day = ({ time }) => time ? date(time * 1000, "numeric") : "";

let all, loading;
// All pictures in the order of the page.
let arranged;
// The pictures that the viewer shows: all, or those that the search has found.
let list = [];
// The address that contains media/.
let base = root;

// Loads the data once. They are a script, because a page on disk can load nothing else. If that
// fails, the next call tries again.
const pictures = () => loading ??= new Promise((onload, onerror) => {
  document.head.append(make("script", { src: root + data, onload, onerror }));
}).catch((error) => {
  loading = undefined;
  throw error;
});

// What the search can filter by. Each function returns a picture's values for the select of its
// name.
const facets = {
  format: (m) => [m.format],
  shape: ({ width, height }) => [width > height * 1.05 ? "landscape" : height > width * 1.05 ? "portrait" : "square"],
  month: (m) => m.month ? [m.month] : [],
  tag: (m) => m.tags || [],
  account: (m) => m.account ? [m.account] : [],
};
// Returns text as the search compares it: in lower case, without accents.
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

// Turns a row of the data, which has values only, into an object with the given names. A loop is
// three times as fast as Object.fromEntries.
const named = (names) => (row) => {
  const object = {};
  names.forEach((name, i) => object[name] = row[i]);
  return object;
};
// The names of the fields in version 1 of the data, which does not have them. A cache or a run that
// was killed can leave such a file to new pages.
const firstFields = {
  image: "slug title alt caption tags time name format width height bytes color renditions prompt account clips original".split(" "),
  rendition: ["width", "height", "key"],
  clip: ["path", "poster", "width", "height"],
};
// data.js calls load with all pictures, newest first. The names of their fields are in the data
// once; render/search.go lists them. Optional values are empty or 0.
window.firstframe = {
  load({ fields = firstFields, images, media = root }) {
    base = media;
    all = images.map(named(fields.image));
    for (const m of all) {
      m.renditions = m.renditions.map(named(fields.rendition));
      m.avif &&= m.avif.map(named(fields.rendition));
      m.clips &&= m.clips.map(named(fields.clip));
      m.month = m.time ? new Date(m.time * 1000).toISOString().slice(0, 7) : "";
      m.text = fold([m.title, m.alt, m.name, m.caption, m.tags, m.prompt, day(m), m.month].join("\n"));
    }
    if (only) all = all.filter((m) => facets[only[0]](m).includes(only[1]));
    list = arranged = arrange(all);
  },
};

// Returns pictures, which are newest first, in the order of the page.
function arrange(pictures) {
  if (!order) return pictures;
  if (order[0] === "oldest") return [...pictures].reverse();
  const place = new Map(order.map((slug, i) => [slug, i - order.length]));
  return [...pictures].sort((a, b) => (place.get(a.slug) ?? 0) - (place.get(b.slug) ?? 0));
}

function make(name, properties, ...children) {
  const element = document.createElement(name);
  element.append(...children);
  return Object.assign(element, properties);
}

// A browser that shows AVIF takes the source of this picture, and any other takes nothing.
const probe = make("img");
make("picture", {}, make("source", { type: "image/avif", srcset: "data:,avif" }), probe);
// Returns a picture's renditions in the best format that the browser shows, the smallest first.
const files = (m) => (probe.currentSrc || !m.renditions[0]) && m.avif || m.renditions;
const media = (m, r) => `${base}media/${m.slug}-${r.width}-${r.key}.${m.renditions.includes(r) ? "jpg" : "avif"}`;
const page = ({ slug }) => `${root}image/${slug}/index.html`;
const index = (slug) => list.findIndex((m) => m.slug === slug);

// Fills the {blanks} of an element's text. Numbers are written as in the page's language.
function say(element, blanks) {
  element.textContent = element.dataset.text.replace(/{(\w+)}/g, (_, name) => blanks[name].toLocaleString(locale));
}

const on = (target, types, act, options) => types.split(" ").forEach((type) => target.addEventListener(type, act, options));
const modified = (event) => event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;

// An element with a data-key is clicked when that key is pressed. An input gets the focus instead.
// On pages that read from right to left, the arrow keys change places. On pages that scroll
// sideways they are left to the browser.
const mirrored = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

function scrolls() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth || visualViewport.scale > 1.01;
}

on(window, "keydown", (event) => {
  const { key, target } = event;
  const dialog = $("dialog[open]");
  if (event.defaultPrevented || event.repeat && !dialog) return;
  if (modified(event) && key !== "/") return;
  if (target.isContentEditable || target.closest?.("input, textarea, select, video")) return;
  if (key === " " && target.closest?.("a, button, summary")) return;
  if (key in mirrored ? scrolls() : document.fullscreenElement) return;
  const wanted = (document.dir === "rtl" && mirrored[key]) || key;
  const found = (dialog ?? document).querySelector(`[data-key="${CSS.escape(wanted)}"]:not([hidden])`);
  if (!found) return;
  event.preventDefault();
  found.matches("input") ? found.focus() : found.click();
});

// The search filters all pictures while the visitor types. Each select filters them by the facet of
// its name; "sort" orders them. The data are loaded when the focus first enters the form. The
// address holds the question.
function search() {
  const form = $(".find");
  const { q } = form.elements;
  const answer = $(".find output");
  const hits = $(".hits");
  const more = $(".more");
  const selects = $$(".find select");
  // How many hits are added at once. pager.go has the same number, for a gallery page.
  const perPage = 60;
  let found;

  const labels = { format: (v) => v.toUpperCase(), month: (v) => date(new Date(v)) };
  const orders = {
    // The data have the newest first.
    newest: () => all,
    oldest: () => [...all].reverse(),
    name() {
      const { compare } = new Intl.Collator(locale, { numeric: true });
      return [...all].sort((a, b) => compare(a.title, b.title));
    },
    size: () => [...all].sort((a, b) => b.bytes - a.bytes),
  };
  const sorted = {};

  function start() {
    return pictures().then(() => found || prepare(), () => answer.textContent = answer.dataset.failed);
  }

  // Runs once, when there are data: it completes the selects and reads the address.
  function prepare() {
    for (const select of selects) if (facets[select.name]) offer(select);
    read(selects);
  }

  // Adds a select's options, each with its number of pictures. A select without pictures is hidden.
  function offer(select) {
    const { name } = select;
    const counts = new Map();
    for (const v of all.flatMap(facets[name])) counts.set(v, (counts.get(v) ?? 0) + 1);
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

  // Takes the question from the address.
  function read(fields) {
    const asked = new URLSearchParams(location.search);
    for (const field of fields) field.value = asked.get(field.name) ?? "";
    if (selects.some((s) => s.value)) $(".find details").open = true;
    find();
  }

  // Puts the question into the address. Typing replaces the address; anything else is a step to go
  // back to.
  function write(push) {
    const asked = new URLSearchParams([q, ...selects].filter((f) => f.value).map((f) => [f.name, f.value]));
    const query = asked.size ? "?" + asked : "";
    if (query !== location.search) history[push ? "pushState" : "replaceState"](null, "", location.pathname + query);
  }

  function find() {
    const terms = fold(q.value).split(/\s+/).filter(Boolean);
    const wanted = selects.filter((s) => s.value && facets[s.name]);
    const { value } = form.elements.sort;
    const asked = !!(terms.length || wanted.length || value);
    found = (sorted[value] ??= orders[value]?.() ?? arranged).filter((m) => terms.every((t) => m.text.includes(t)) && wanted.every((s) => facets[s.name](m).includes(s.value)));
    list = asked ? found : arranged;
    form.classList.toggle("on", asked);
    hits.hidden = !asked;
    for (const m of all) if (!m.tile?.isConnected) m.tile = null;
    hits.replaceChildren();
    answer.textContent = found.length ? "" : hits.dataset.none;
    if (asked && found.length) say(answer, { n: found.length, count: all.length });
    if (asked) grow();
    else more.hidden = true;
  }

  // Shows the next page of hits. Returns the first new one.
  function grow() {
    const from = hits.childElementCount;
    hits.append(...found.slice(from, from + perPage).map((m) => m.tile ??= tile(m)));
    more.hidden = hits.childElementCount >= found.length;
    return hits.children[from];
  }

  function tile(m) {
    const { width, height } = files(m).at(-1);
    const img = make("img", {
      alt: m.alt || m.title, loading: "lazy", decoding: "async",
      sizes: `auto, min(100vw, ${width / height} * clamp(12rem, 6rem + 10vw, 22rem))`,
      srcset: files(m).map((r) => `${media(m, r)} ${r.width}w`).join(", "), src: media(m, files(m)[0]),
    });
    const label = make("span", { textContent: m.title, ariaHidden: !m.alt });
    return make("li", { style: `--r:${width / height};--c:#${m.color}` }, make("a", { href: page(m) }, img, label));
  }

  on(form, "focusin", start, { once: true });
  on(form, "input", async ({ target }) => {
    await start();
    if (!found) return;
    find();
    write(target !== q);
  });
  on(form, "reset", () => setTimeout(() => { find(); write(true); q.focus(); }));
  on(form, "submit", (event) => {
    event.preventDefault();
    $(".hits a")?.focus();
  });
  on(more, "click", () => grow()?.firstChild.focus({ preventScroll: true }));
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !more.hidden && grow(), { rootMargin: "100%" }).observe(more);
  on(window, "popstate", ({ state }) => found && !state?.slug && !$(".viewer[open]") && read([q, ...selects]));

  q.value = new URLSearchParams(location.search).get("q") ?? "";
  if (location.search) start();
}

// The viewer shows a picture alone on the screen. Its neighbours are a swipe away. The page
// contains the viewer's elements: the scripts put slides into the track and facts where a data-fact
// asks for them. The class of a button names what it does.
//
// The track scrolls sideways, and the browser alone moves it under a finger. It holds only the
// picture and its neighbours. Some browsers skip two pictures on a fast swipe. With three slides
// they cannot.
//
// The address is the picture's own page. Opened from disk, the address is that of the page plus
// #view-SLUG.
function view() {
  const viewer = $(".viewer");
  const track = $(".track");
  const onDisk = location.protocol === "file:";
  const side = document.dir === "rtl" ? -1 : 1;
  const start = location.href;
  const home = document.title;
  // The track begins at most this many slides before the picture: browsers do not scroll further
  // than some millions of pixels.
  const reach = 500;

  // The picture that is shown, and the one that comes next: positions in the list.
  let at = 0, aim = 0;
  // The position at which the track begins, and its width in pixels.
  let first = 0, room = 0;
  // The zoom now, and the zoom that a glide leads to. At 1 the picture fits.
  let zoom = 1, goal = 1;
  let shown, opener, going, settling, showing, gliding;
  // How many close events leave has caused that have not arrived yet.
  let left = 0;
  const slides = new Map();

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const here = () => slides.get(at);
  const clamp = (n, min, max) => Math.min(Math.max(n, min), max);
  const press = (name, on) => $("." + name).ariaPressed = on;
  const address = ({ slug }) => onDisk ? "#view-" + slug : `${root}image/${slug}/`;
  const slugOf = (tile) => tile.href.match(/image\/(\w+)/)[1];
  const tiles = () => $$(".tiles a").filter((a) => a.offsetParent);
  const tileOf = (slug) => [opener, ...tiles()].find((a) => a && slugOf(a) === slug);

  // Opens the viewer at a picture, from its tile if there is one. This is a step to go back to.
  function open(slug, tile) {
    // The page's address changes, so relative addresses in it are made absolute.
    for (const e of $$(onDisk || opener ? "none" : "[rel=icon], .tiles a, .tiles img, source")) {
      if (e.href) e.href = e.href;
      else {
        e.srcset = e.srcset.replace(/\S+(?= \d+w)/g, (url) => new URL(url, start));
        e.src &&= e.src;
      }
    }
    opener = tile;
    history.pushState({ slug }, "", address({ slug }));
    enter(slug);
  }

  // Shows the viewer. Until the data are loaded, it shows what the tile says.
  function enter(slug) {
    const tile = tileOf(slug);
    if (index(slug) < 0) {
      if (!tile && !all) return pictures().then(() => enter(slug), close);
      list = tile ? [read(tile)] : arranged;
    }
    shown = true;
    morph(tile?.querySelector("img"), () => {
      if (!shown) return;
      viewer.showModal();
      viewer.focus();
      place(Math.max(0, index(slug)));
      if (list.length < 2) pictures().then(widen, () => {});
    }, () => here()?.img);
  }

  // Returns what a tile says about its picture.
  function read(tile) {
    const img = tile.querySelector("img");
    base = img.src.split("media/")[0];
    const named = (e) => e && [...(e.srcset || e.src).matchAll(/-(\d+)-(\w+)\./g)].map(([, width, key]) => ({ width: +width, height: width * img.height / img.width, key }));
    return { slug: slugOf(tile), title: tile.textContent, alt: img.alt, renditions: named(img), avif: named(tile.querySelector("source")) };
  }

  // Gives the open viewer the whole list, around the picture that it shows.
  function widen() {
    const s = here();
    const i = s ? index(s.m.slug) : -1;
    if (i < 0) return;
    clear();
    slides.set(i, s);
    s.m = list[i];
    track.append(s.box);
    first = Math.max(0, i - reach);
    place(i);
  }

  const focused = () => track.contains(document.activeElement);

  function clear() {
    if (focused()) viewer.focus();
    slides.clear();
    track.replaceChildren();
  }

  // Goes back to the page. What happens then is in leave.
  function close() {
    if (shown) history.back();
    shown = false;
  }

  // Closes the viewer, and moves the focus to the picture's tile or the nearest one.
  function leave() {
    stop();
    shown = false;
    const { slug } = list[at];
    const near = tileOf(slug) ?? tiles().at(index(slugOf(tiles().at(-1))) < at ? -1 : 0);
    morph(here().img, () => {
      left++;
      scale(1);
      viewer.className = "viewer";
      viewer.close();
      clear();
      document.title = home;
      near?.focus({ preventScroll: true });
      near?.scrollIntoView({ block: "nearest" });
    }, () => tileOf(slug)?.querySelector("img"));
  }

  // Lets the tile grow into the picture, or the picture shrink into its tile.
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
    transition.ready.catch(() => {});
    transition.finished.then(() => end && (end.style.viewTransitionName = ""));
  }

  on(window, "popstate", ({ state }) => {
    if (!state?.slug) return viewer.open ? leave() : shown = false;
    if (viewer.open) place(Math.max(0, index(state.slug)));
    else enter(state.slug);
  });

  on(document, "click", (event) => {
    const tile = event.target.closest(".tiles a");
    if (!tile || event.button || modified(event)) return;
    event.preventDefault();
    open(slugOf(tile), tile);
  });

  const offset = (i) => (i - first) * room * side;

  const width = () => track.getBoundingClientRect().width;
  const wait = () => {
    clearTimeout(settling);
    settling = setTimeout(settle, 120);
  };

  // Shows picture i at once.
  function place(i) {
    room = width();
    going = false;
    if (!slides.has(i) || i && i === first) {
      clear();
      first = Math.max(0, i - reach);
    }
    show(i, i);
    track.scrollTo({ left: offset(i), behavior: "instant" });
    settle();
  }

  // Moves the track to picture i. It jumps if that is far, or if the visitor wants no motion.
  function travel(i) {
    i = clamp(i, 0, list.length - 1);
    scale(1);
    if (calm() || Math.abs(i - at) > 2) return place(i);
    show(at, i);
    going = true;
    wait();
    track.scrollTo({ left: offset(i), behavior: "smooth" });
  }

  on(track, "scroll", () => {
    if (!viewer.open || width() !== room) return;
    const i = first + Math.round(Math.abs(track.scrollLeft) / room);
    if (i !== at && list[i]) show(i);
    wait();
  });

  new ResizeObserver(() => viewer.open && width() !== room && place(at)).observe(track);

  // Follows with the address, once the track has come to rest.
  function settle() {
    clearTimeout(settling);
    if (!shown) return;
    // The browser has stopped the move on its way.
    if (going && at !== aim) return place(aim);
    going = false;
    if (Math.abs(track.scrollLeft - offset(at)) > 2) return wait();
    if (at && at === first) return place(at);
    show(at, at);
    const { slug, title, alt } = list[at];
    if (history.state?.slug !== slug) history.replaceState({ slug }, "", address({ slug }));
    document.title = title + " · " + home.split(" · ").at(-1);
    if (!showing) say($(".viewer > .unseen"), { n: at + 1, count: list.length, alt: alt || title });
  }

  // Makes picture i the current one, as soon as it is the nearest. Slides are made for it and for
  // the neighbours of the target, and others are removed.
  function show(i, to = aim) {
    if (i !== at) scale(1);
    at = i;
    aim = to;
    for (const k of [i, to - 1, to, to + 1]) {
      if (list[k] && !slides.has(k)) slides.set(k, slide(list[k]));
    }
    const held = focused();
    for (const [k, { box }] of slides) {
      box.style.setProperty("--i", k - first);
      box.inert = k !== i;
      if (k !== i && Math.abs(k - to) > 1 && slides.delete(k)) box.remove();
    }
    if (held) here().box.focus({ preventScroll: true });
    load(i).then(() => at === i && [i + 1, i - 1].forEach((k) => load(k)));
    describe(list[i]);
  }

  function slide(m) {
    const { width, height } = files(m).at(-1);
    const img = make("img", { width, height, alt: m.alt || m.title, draggable: false });
    const box = make("div", { className: "slide", tabIndex: 0, style: `--r:${width / height};--w:${width}px;--c:#${m.color}` }, img);
    track.append(box);
    return { m, box, img, width: 0, clip: 0 };
  }

  // Loads the rendition that slide i needs for its size, or the largest one.
  async function load(i, whole) {
    const s = slides.get(i);
    if (!s) return;
    const { m, img } = s;
    img.src ||= tileOf(m.slug)?.querySelector("img").currentSrc || media(m, files(m)[0]);
    const need = whole ? Infinity : img.clientWidth * devicePixelRatio;
    const r = files(m).find(({ width }) => width >= need) ?? files(m).at(-1);
    if (r.width <= s.width) return;
    s.width = r.width;
    const sharp = make("img", { src: media(m, r) });
    await sharp.decode().catch(() => {});
    if (s.width === r.width && sharp.naturalWidth) img.src = sharp.src;
  }

  // Updates the bar, the label and the panel.
  function describe(m) {
    say($(".count"), { n: at + 1, count: list.length });
    $(".prev").ariaDisabled = !list[at - 1];
    $(".next").ariaDisabled = !list[at + 1];
    $(".film").hidden = !m.clips;
    press("film", !!here().clip);
    const download = $(".download");
    download.href = m.original ? base + m.original : media(m, files(m).at(-1));
    download.download = (m.name || m.slug).replace(/\.\w+$/, "") + download.href.match(/\.\w+$/);
    $(".page").href = page(m);
    const facts = m.format ? {
      ...m, date: day(m), size: `${m.width} × ${m.height}`, format: m.format.toUpperCase(),
      bytes: amount(...m.bytes < 1e6 ? [m.bytes / 1e3, "kilobyte"] : [m.bytes / 1e6, "megabyte"]), tags: (m.tags || []).map((tag) => make("a", { href: `${root}index.html?tag=${encodeURIComponent(tag)}` }, tag)),
    } : m;
    for (const element of $$("[data-fact]")) element.replaceChildren(...[facts[element.dataset.fact] || []].flat());
  }

  const amount = (n, unit) => n.toLocaleString(locale, { style: "unit", unit, maximumFractionDigits: n < 9.95 ? 1 : 0 });

  function share() {
    const url = location.href;
    if (navigator.share) return navigator.share({ title: list[at].title, url }).catch(() => {});
    navigator.clipboard.writeText(url).then(() => {
      const note = $(".note");
      note.textContent = note.dataset.text;
      setTimeout(() => note.textContent = "", 3000);
    }, () => prompt("", url));
  }

  // Shows a picture's films one after the other, and then the picture again.
  function film() {
    const s = here();
    const clip = s.m.clips[s.clip];
    scale(1);
    s.clip = clip ? s.clip + 1 : 0;
    s.video?.remove();
    s.img.hidden = !!clip;
    press("film", !!clip);
    if (!clip) return;
    s.video = make("video", { controls: true, playsInline: true, preload: "none", src: base + clip.path, poster: clip.poster && base + clip.poster });
    s.box.append(s.video);
    s.video.play().catch(() => {});
  }

  // Shows each picture for five seconds.
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

  // The largest zoom: the largest rendition in its own pixels, but at least 2.
  const most = () => Math.max(2, files(list[at]).at(-1).width * zoom / here().img.offsetWidth);

  // Zooms at once. The point at x, y keeps its place.
  function scale(z, x = innerWidth / 2, y = innerHeight / 2) {
    cancelAnimationFrame(gliding);
    const { box, img } = here() ?? {};
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

  // Zooms in a fifth of a second.
  function glide(z, x, y) {
    const to = clamp(z, 1, most()), from = zoom, began = performance.now();
    const frame = (now) => {
      const part = calm() || clamp((now - began) / 200, 0, 1);
      scale(from + (to - from) * part, x, y);
      goal = to;
      if (part < 1) gliding = requestAnimationFrame(frame);
    };
    frame(began);
  }

  const toggle = ({ clientX, clientY }) => glide(zoom > 1 ? 1 : Math.min(3, most()), clientX, clientY);

  const deeds = {
    close, share, film,
    prev: () => travel(aim - 1),
    next: () => travel(aim + 1),
    play: () => showing ? stop() : play(),
    zoom: () => toggle({}),
    info(button) {
      button.ariaExpanded = !$("aside").toggleAttribute("hidden");
      place(at);
    },
  };

  on(viewer, "click", ({ target }) => {
    const button = target.closest("button");
    deeds[button?.className]?.(button);
  });
  on(viewer, "cancel", (event) => { event.preventDefault(); close(); });
  // The browser can close the dialog, too.
  on(viewer, "close", () => left ? left-- : close());
  on(viewer, "pointerdown wheel keydown", ({ target, key }) => key === " " || target.closest(".play") || stop(), { passive: true });

  const pan = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
  on(viewer, "keydown", (event) => {
    const { key, target } = event;
    if (modified(event) && key !== "+" || target.closest("video")) return;
    if (key === "Home") travel(0);
    else if (key === "End") travel(list.length - 1);
    else if (key === "+" || key === "=") glide(goal * 1.5);
    else if (key === "-") glide(goal / 1.5);
    else if (zoom > 1 && pan[key]) here().box.scrollBy(...pan[key]);
    else return;
    event.preventDefault();
  });

  on(track, "wheel", (event) => {
    const { deltaX, deltaY, ctrlKey, clientX, clientY } = event;
    // A sideways move scrolls the track.
    if (!ctrlKey && Math.abs(deltaX) >= Math.abs(deltaY)) return;
    event.preventDefault();
    // With ctrlKey it is a pinch on a touchpad.
    scale(zoom * Math.exp(-clamp(deltaY, -60, 60) / (ctrlKey ? 60 : 300)), clientX, clientY);
  });

  let pinch;
  const gap = ([a, b]) => b && Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  on(track, "touchstart", ({ touches }) => {
    pinch = gap(touches) / zoom;
    going = false;
    show(at, at);
  }, { passive: true });
  on(track, "touchmove", (event) => {
    const [a, b] = event.touches;
    if (!b) return;
    scale(gap(event.touches) / pinch, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    if (event.cancelable) event.preventDefault();
  });
  on(track, "touchend touchcancel", () => zoom < 1.1 && scale(1));

  let grip, moved, tapping;
  on(track, "pointerdown", (event) => { grip = event; moved = 0; });
  on(track, "pointermove", (event) => {
    if (!event.buttons || event.pointerType !== "mouse" || zoom === 1) return;
    const x = grip.clientX - event.clientX, y = grip.clientY - event.clientY;
    moved += Math.abs(x) + Math.abs(y);
    here().box.scrollBy(x, y);
    grip = event;
  });
  // A finger that pulls the picture down closes the viewer. A finger that moves sideways belongs to
  // the browser, which reports no moves then.
  on(track, "pointermove pointerup pointercancel", (event) => {
    if (event.pointerType !== "touch") return;
    const y = zoom > 1 || pinch || here().clip ? 0 : Math.max(0, event.clientY - grip.clientY);
    if (event.type === "pointerup" && y > 80) close();
    else here().box.style.translate = event.type === "pointermove" ? `0 ${y}px` : "";
  });
  on(track, "click", (event) => {
    if (event.target.closest("video") || moved > 4) return;
    if (event.pointerType === "mouse") return event.target.closest("img") ? toggle(event) : close();
    // One tap hides everything but the picture. Two taps zoom.
    clearTimeout(tapping);
    if (tapping) toggle(event);
    tapping = !tapping && setTimeout(() => {
      viewer.classList.toggle("bare");
      tapping = 0;
    }, 250);
  });

  const shared = onDisk && location.hash.match(/^#view-(\w+)$/);
  if (shared) {
    history.replaceState(null, "", start.split("#")[0]);
    open(shared[1]);
  }
}

if ($(".find")) {
  search();
  view();
}
