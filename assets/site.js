// The script of all pages: keys, the history, and what the search and the viewer share. Those two
// are files of their own, find.js and viewer.js, which are loaded when a visitor first wants them.
// Every page works without scripts. Comments like this one, on lines of their own, are removed when
// the site is published.
"use strict";

const $ = (selector) => document.querySelector(selector);
const $$ = (selector) => [...document.querySelectorAll(selector)];
// The page says where the site's root, the data and the other scripts are, and in which language its
// words are. The page of a month or a tag says what all its pictures have in common, and how they
// are arranged.
const { root: way, data, scripts, lang, only, order } = JSON.parse($("#config")?.textContent ?? "{}");
// The address at which the page was loaded. The viewer and the search change the address later.
const start = location.href;
const home = location.pathname;
const root = new URL(way || ".", start).href;
const locale = lang?.replace(/^en$/, "en-GB") + "-u-ca-gregory-nu-latn";
// A format of dates takes long to make, and most visitors never need one.
const formats = {};
const date = (time, day) => (formats[day] ??= new Intl.DateTimeFormat(locale, { timeZone: "UTC", year: "numeric", month: "long", day })).format(time);
const day = ({ time }) => time ? date(time * 1000, "numeric") : "";

// Browsers ask for the icon again when the address changes, so its address must not depend on that.
for (const icon of $$("[rel~=icon]")) icon.href = new URL(icon.getAttribute("href"), start);

// All pictures, the newest first. Those of the page's month or tag. The same in the page's order.
let every, all, arranged;
// What the search has found, or nothing if nobody asks.
let found;
// The address that contains media/.
let base = root;
// The search and the viewer, once they are there.
let finder, viewer;

// Loads a script once, before all pictures. If that fails, the next call tries again.
const loads = {};
const load = (src) => loads[src] ??= new Promise((onload, onerror) => {
  document.head.append(make("script", { fetchPriority: "high", src: root + src, onload, onerror }));
}).catch((error) => {
  delete loads[src];
  throw error;
});
// The data are a script, because a page on disk can load nothing else.
const pictures = () => load(data).then(() => unpacked);
const withFinder = () => load(scripts.find).then(() => finder ??= search());
const withViewer = () => load(scripts.viewer).then(() => viewer ??= view());

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
// Lets the browser paint and take keys before the work goes on.
const pause = () => new Promise((done) => setTimeout(done));
// Does something with each element of a list, in parts of at most 8 ms, as long as the result is
// wanted. Returns whether it was wanted to the end.
async function each(list, act, wanted = () => true) {
  let began = performance.now();
  for (const element of list) {
    act(element);
    if (performance.now() - began < 8) continue;
    await pause();
    if (!wanted()) return false;
    began = performance.now();
  }
  return true;
}

// data.js calls load with all pictures, newest first. The names of their fields are in the data
// once; render/search.go lists them. Optional values are empty or 0.
let unpacked;
window.firstframe = { load: (packed) => unpacked = unpack(packed) };

async function unpack({ fields = firstFields, images, media = root }) {
  const [image, rendition, clip] = [fields.image, fields.rendition, fields.clip].map(named);
  const list = [];
  await each(images, (row) => {
    const m = image(row);
    m.renditions = m.renditions.map(rendition);
    m.avif &&= m.avif.map(rendition);
    m.clips &&= m.clips.map(clip);
    m.month = m.time ? new Date(m.time * 1000).toISOString().slice(0, 7) : "";
    list.push(m);
  });
  base = media;
  all = every = list;
  if (only) all = every.filter((m) => only[0] === "month" ? m.month === only[1] : (m.tags || []).includes(only[1]));
  arranged = arrange(all);
}

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
// Returns seconds as 0:06.
const length = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;

// The labels of what AI has made. The data have their numbers, from 1.
const labels = [...$("#AI")?.content.children ?? []];
const label = ({ ai }) => labels[ai - 1]?.cloneNode(true) ?? "";

// Returns the tile of a picture, as in gallery.html.
function tile(m) {
  const { width, height } = files(m).at(-1);
  const img = make("img", {
    alt: m.alt || m.title, loading: "lazy", decoding: "async",
    sizes: `auto, min(100vw, ${width / height} * clamp(10rem, 6rem + 9vw, 22rem))`,
    srcset: files(m).map((r) => `${media(m, r)} ${r.width}w`).join(", "), src: media(m, files(m)[0]),
  });
  const marks = make("small", { className: "marks" }, label(m));
  const a = make("a", { href: page(m) }, img, marks, make("span", { textContent: m.title, ariaHidden: !m.alt }));
  const clip = m.clips?.[0];
  if (clip) {
    a.dataset.film = base + clip.path;
    const film = $(".viewer .film").ariaLabel;
    marks.append(" ", make("i", { className: "length" }, ...clip.seconds ? [make("b", { className: "unseen" }, film + " "), length(clip.seconds)] : [film]));
  }
  if (!marks.textContent) marks.remove();
  return make("li", { style: `--r:${width / height};--c:#${m.color}` }, a);
}

// Fills the {blanks} of an element's text. Numbers are written as in the page's language.
function say(element, blanks) {
  element.textContent = element.dataset.text.replace(/{(\w+)}/g, (_, name) => blanks[name].toLocaleString(locale));
}

// Shows a short message that screen readers read out.
let noting;
function note(text) {
  const element = $("dialog[open] .note") ?? $(".note:not(dialog *)");
  element.textContent = text;
  clearTimeout(noting);
  noting = setTimeout(() => element.textContent = "", 3000);
}

const on = (target, types, act, options) => types.split(" ").forEach((type) => target.addEventListener(type, act, options));
const modified = (event) => event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
// Films play by themselves only where nothing speaks against it.
const lively = () => !calm() && !navigator.connection?.saveData && !matchMedia("(prefers-reduced-data: reduce)").matches;

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
  const dialog = $$("dialog[open]").at(-1);
  if (event.defaultPrevented || event.repeat && !dialog) return;
  if (modified(event) && key !== "/" && key !== "?") return;
  if (target.isContentEditable || target.closest?.("input, textarea, select, video[controls]")) return;
  if (key === " " && target.closest?.("a, button, summary")) return;
  // Where the whole screen shows the slide show, Escape belongs to the browser.
  if (key in mirrored ? scrolls() : document.fullscreenElement && key === "Escape") return;
  const wanted = (document.dir === "rtl" && mirrored[key]) || key;
  const selector = `[data-key="${CSS.escape(wanted)}"]:not([hidden])`;
  const found = dialog ? dialog.querySelector(selector) : $(selector + ":not(dialog *)");
  if (!found) return;
  event.preventDefault();
  found.matches("input") ? found.focus() : found.click();
});

on(document, "click", (event) => {
  const { target } = event;
  const copied = target.closest(".copy");
  if (copied) navigator.clipboard?.writeText(copied.parentNode.querySelector("blockquote, [data-fact=prompt]").textContent).then(() => note(copied.dataset.copied), () => {});
  if (target.closest("[data-opens]")) $(target.closest("[data-opens]").dataset.opens).showModal();
  if (target.closest("dialog.keys button")) target.closest("dialog").close();
});
for (const button of $$(".copy")) button.hidden = !navigator.clipboard;

// The search. Its data are loaded when the focus first enters the form, or at once if the address
// asks a question. Then the wall makes room for the answer before it is there.
const form = $(".find");

function wait(asked, busy = asked) {
  form.classList.toggle("on", asked);
  form.ariaBusy = busy;
}

// Shows the wall, because the search cannot be loaded.
function fail() {
  wait(false);
  const answer = $(".find output");
  answer.textContent = answer.dataset.failed;
}

// Loads the search if the address asks a question.
function seek() {
  const asked = [...new URLSearchParams(location.search)].some(([name, value]) => value && form.elements[name]);
  wait(asked);
  if (asked) withFinder().catch(fail);
}

if (form) {
  on(form, "focusin pointerover input", () => withFinder().catch(fail));
  seek();
}

// The viewer changes the page's address, and so does a step in the history to it or to another page.
// So relative addresses in the page are made absolute before that is done, or as soon as the browser
// has done it. Pictures that are not on the screen yet take the address of that time.
const fixed = new WeakSet();
function fix() {
  const absolute = (url) => new URL(url, start).href;
  for (const e of $$("a[href], main img, main source, main video")) {
    if (fixed.has(e)) continue;
    fixed.add(e);
    for (const name of ["href", "src", "poster"]) {
      const value = e.getAttribute(name);
      if (value && value[0] !== "#" && value !== absolute(value)) e.setAttribute(name, absolute(value));
    }
    if (e.srcset) {
      const set = e.srcset.replace(/\S+(?= \d+w)/g, absolute);
      if (set !== e.srcset) e.srcset = set;
    }
  }
}

// The viewer. A tile opens it, and so does the picture on its own page.
const opens = ".tiles a, .stage";
const slugOf = ({ href }) => href.match(/(?:image|media)\/(\w+)/)[1];

if ($(".viewer")) {
  // A hint that a visitor wants a picture is enough to load the viewer.
  on(document, "pointerover focusin touchstart", ({ type, target, pointerType }) => {
    const tile = target.closest?.(opens);
    if (!tile) return;
    withViewer().catch(() => {});
    if (!tile.dataset.film || pointerType === "touch") return;
    // A finger may be gone before the script is there.
    const touched = type === "touchstart";
    let gone;
    if (touched) on(tile, "touchend touchcancel touchmove", () => gone = true, { once: true, passive: true });
    load(scripts.film).then(() => gone || preview(tile, touched), () => {});
  }, { passive: true });
  on(document, "click", (event) => {
    const tile = event.target.closest(opens);
    if (!tile || event.button || event.defaultPrevented || modified(event)) return;
    event.preventDefault();
    withViewer().then(() => viewer.open(slugOf(tile), tile), () => location.href = tile.href);
  });
}

// The state of an entry in the history is the picture that the viewer shows there: {slug}. An entry
// of the search has what find.js keeps. A page that was loaded at an entry of the viewer, because
// somebody has reloaded it, is the page of the picture itself.
on(window, "popstate", follow);

function follow() {
  if (location.pathname !== home) fix();
  const slug = history.state?.slug;
  if (slug && $(".viewer")) return withViewer().then(() => history.state?.slug === slug && viewer.enter(slug), () => location.reload());
  // Another page is at this entry, and the browser has changed the address only.
  if (location.pathname !== home) return location.reload();
  viewer?.leave();
  if (finder) finder.read();
  else if (form) seek();
}

const shared = location.protocol === "file:" && location.hash.match(/^#view-(\w+)$/);
if (history.state?.slug || shared) history.replaceState(null, "", shared ? start.split("#")[0] : start);
if (shared && $(".viewer")) withViewer().then(() => viewer.open(shared[1]), () => {});
