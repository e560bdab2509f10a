// The viewer, which is loaded when a visitor wants a picture. It shows the picture alone on the
// screen. Its neighbours are a swipe away. It uses what site.js has.
//
// The page contains the viewer's elements: the script puts slides into the track and facts where a
// data-fact asks for them. The class of a button names what it does.
//
// The track scrolls sideways, and the browser alone moves it under a finger. It holds only the
// picture and its neighbours. Some browsers skip two pictures on a fast swipe. With three slides
// they cannot.
//
// The address is the picture's own page. Opened from disk, the address is that of the page plus
// #view-SLUG.
"use strict";

function view() {
  const dialog = $(".viewer");
  const track = $(".track");
  const onDisk = location.protocol === "file:";
  const side = document.dir === "rtl" ? -1 : 1;
  const title = document.title;
  // The track begins at most this many slides before the picture: browsers do not scroll further
  // than some millions of pixels.
  const reach = 500;

  // The pictures that the viewer shows: what the search has found, those of the page, or all. Until
  // the data are there, the tiles of the page.
  let list = [];
  // The picture that is shown, and the one that comes next: positions in the list.
  let at = 0, aim = 0;
  // The position at which the track begins, and its width in pixels.
  let first = 0, room = 0;
  // The zoom now, and the zoom that a glide leads to. At 1 the picture fits.
  let zoom = 1, goal = 1;
  // The point of the zoomed picture that is in the middle, as parts of its width and height.
  let centre = [.5, .5];
  let shown, opener, going, settling, showing, timer, gliding;
  // Whether the list must be chosen again, because the data have come.
  let stale = false;
  // How many close events leave has caused that have not arrived yet.
  let left = 0;
  // Whether films play by themselves. A visitor who wants the picture instead wants it for all.
  let films = lively();
  let lock;
  const slides = new Map();

  const here = () => slides.get(at);
  const clamp = (n, min, max) => Math.min(Math.max(n, min), max);
  const press = (name, on) => $(".viewer ." + name).ariaPressed = on;
  const address = ({ slug }) => onDisk ? "#view-" + slug : `${root}image/${slug}/`;
  const index = (slug, pictures = list) => pictures.findIndex((m) => m.slug === slug);
  const tiles = () => $$(opens).filter((a) => a.offsetParent && !dialog.contains(a));
  const tileOf = (slug) => [opener, ...tiles()].find((a) => a && slugOf(a) === slug);

  // Chooses the list in which a picture is.
  function choose(slug) {
    const has = (pictures) => pictures && index(slug, pictures) >= 0;
    if (every) list = [found, arranged, every].find(has) ?? [];
    else if (!has(list)) {
      // Featured pictures are on the page twice. Related ones are no neighbours.
      list = [...new Map(tiles().filter((a) => !a.closest(".related")).map((a) => [slugOf(a), a])).values()].map(read);
      if (!has(list)) list = [tileOf(slug)].filter(Boolean).map(read);
    }
    stale = !every;
  }

  // Returns what a tile says about its picture.
  function read(tile) {
    const img = tile.querySelector("img");
    base = img.src.split("media/")[0];
    const named = (e) => e && [...(e.srcset || e.src).matchAll(/-(\d+)-(\w+)\./g)].map(([, width, key]) => ({ width: +width, height: width * img.getAttribute("height") / img.getAttribute("width"), key }));
    const own = tile.matches(".stage");
    const mark = own ? $(".name .ai") : tile.querySelector(".ai");
    return { slug: slugOf(tile), ai: 1 + labels.findIndex(({ title }) => title === mark?.title), title: own ? $("h1").textContent : (tile.querySelector("span")?.textContent ?? img.alt), alt: img.alt, renditions: named(img), avif: named(tile.querySelector("source")) };
  }

  // Opens the viewer at a picture, from its tile if there is one. This is a step to go back to.
  // If the viewer is open, it goes there.
  function open(slug, tile) {
    if (shown) return enter(slug);
    opener = tile;
    fix();
    history.pushState({ slug }, "", address({ slug }));
    enter(slug);
  }

  // Shows the viewer at a picture. Until the data are loaded, it shows what the tile says.
  function enter(slug) {
    choose(slug);
    for (const tile of $$("[data-film]")) tile.stopFilm?.();
    if (index(slug) < 0) {
      if (every) return location.replace(page({ slug }));
      return pictures().then(() => history.state?.slug === slug && enter(slug), () => onDisk ? history.back() : location.reload());
    }
    if (!every) pictures().then(refresh, () => {});
    shown = true;
    if (dialog.open) return place(index(slug));
    morph(tileOf(slug)?.querySelector("img"), () => {
      if (!shown) return;
      if (!dialog.open) dialog.showModal();
      dialog.focus();
      // The list may be another one by now.
      choose(slug);
      place(index(slug));
    }, () => here()?.img);
  }

  // Gives the open viewer the whole list, around the picture that it shows. While the track moves,
  // this waits.
  function refresh() {
    if (!shown || !stale || !dialog.open || settling) return;
    const s = here();
    const { slug } = s.m;
    const before = list;
    choose(slug);
    const i = index(slug);
    if (i < 0) return list = before;
    clear();
    slides.set(i, s);
    s.m = list[i];
    s.label.replaceChildren(label(s.m));
    track.append(s.box);
    first = Math.max(0, i - reach);
    place(i);
  }

  const focused = () => track.contains(document.activeElement);

  function clear() {
    if (focused()) dialog.focus();
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
    shown = false;
    stop();
    if (!dialog.open) return;
    const { slug } = list[at];
    const last = tiles().at(-1);
    const near = tileOf(slug) ?? (last && tiles().at(index(slugOf(last)) < at ? -1 : 0));
    cut(here());
    document.title = title;
    morph(here().img, () => {
      left++;
      scale(1);
      dialog.className = "viewer";
      dialog.close();
      clear();
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
    if (!dialog.open || width() !== room) return;
    const i = first + Math.round(Math.abs(track.scrollLeft) / room);
    if (i !== at && list[i]) show(i);
    wait();
  });

  new ResizeObserver(() => {
    if (!dialog.open || width() === room) return;
    const middle = centre;
    place(at);
    look(middle);
  }).observe(track);

  // Follows with the address, once the track has come to rest.
  function settle() {
    clearTimeout(settling);
    settling = 0;
    if (!shown) return;
    // The browser has stopped the move on its way.
    if (going && at !== aim) return place(aim);
    going = false;
    if (Math.abs(track.scrollLeft - offset(at)) > 2) return wait();
    if (at && at === first) return place(at);
    show(at, at);
    const { slug, title: name, alt } = list[at];
    if (history.state?.slug !== slug) history.replaceState({ slug }, "", address({ slug }));
    document.title = name + " · " + title.split(" · ").at(-1);
    if (stale && every) return refresh();
    if (!showing && !stale) say($(".viewer > .unseen"), { n: at + 1, count: list.length, alt: [alt || name, label(list[at]).title].filter(Boolean).join(". ") });
    if (films && !here().film) roll();
    else if (!films && !lively()) invite();
    if (showing) next();
  }

  // Makes picture i the current one, as soon as it is the nearest. Slides are made for it and for
  // the neighbours of the target, and others are removed.
  function show(i, to = aim) {
    if (i !== at) {
      scale(1);
      cut(here());
    }
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
    sharpen(i).then(() => at === i && [i + 1, i - 1].forEach((k) => sharpen(k)));
    describe(list[i]);
  }

  function slide(m) {
    const { width, height } = files(m).at(-1);
    const img = make("img", { width, height, alt: m.alt || m.title, draggable: false });
    const mark = make("small", { className: "marks" }, label(m));
    const box = make("div", { className: "slide", tabIndex: 0, style: `--r:${width / height};--w:${width}px;--c:#${m.color}` }, img, mark);
    track.append(box);
    const s = { m, box, img, label: mark, width: 0, take: 0 };
    on(img, "error", () => fault(s));
    on(box, "scroll", () => {
      if (s === here() && zoom > 1) centre = [(box.scrollLeft + box.clientWidth / 2) / box.scrollWidth, (box.scrollTop + box.clientHeight / 2) / box.scrollHeight];
    });
    return s;
  }

  // Says that a picture cannot be loaded, and lets the visitor try again.
  function fault(s) {
    const { box, img } = s;
    if (box.querySelector(".failure")) return;
    box.append($("#Failure").content.cloneNode(true));
    box.classList.add("failed");
    on(box.querySelector(".failure button"), "click", () => {
      box.querySelector(".failure").remove();
      box.classList.remove("failed");
      s.width = 0;
      img.src = img.src;
      sharpen(at);
      box.focus();
    });
  }

  // Returns the files of a picture, the smallest first. The original is the last one if it has more
  // pixels and browsers show it.
  function sources(m) {
    const urls = files(m).map((r) => ({ width: r.width, url: media(m, r) }));
    if (m.original && m.width > urls.at(-1).width * 1.05 && /\.(jpe?g|png|webp|avif|gif)$/.test(m.original)) urls.push({ width: m.width, url: base + m.original });
    return urls;
  }

  // Loads the file that slide i needs for its size.
  async function sharpen(i) {
    const s = slides.get(i);
    if (!s) return;
    const { m, img } = s;
    img.src ||= tileOf(m.slug)?.querySelector("img").currentSrc || media(m, files(m)[0]);
    const need = img.clientWidth * devicePixelRatio;
    const all = sources(m);
    const { width, url } = all.find(({ width }) => width >= need) ?? all.at(-1);
    if (width <= s.width) return;
    const before = s.width;
    s.width = width;
    const sharp = make("img", { src: url });
    await sharp.decode().catch(() => {});
    if (s.width !== width) return;
    if (sharp.naturalWidth) img.src = url;
    else s.width = before;
  }

  // Updates the bar, the label and the panel.
  function describe(m) {
    const count = $(".viewer .count");
    dialog.ariaBusy = stale;
    if (stale) count.textContent = "";
    else say(count, { n: at + 1, count: list.length });
    $(".prev").ariaDisabled = !list[at - 1];
    $(".next").ariaDisabled = !list[at + 1];
    $(".viewer .film").hidden = !m.clips;
    offer(m);
    $(".viewer .page").href = page(m);
    const facts = m.format ? {
      ...m, date: day(m), size: `${m.width} × ${m.height}`, format: m.format.toUpperCase(),
      bytes: amount(...m.bytes < 1e6 ? [m.bytes / 1e3, "kilobyte"] : [m.bytes / 1e6, "megabyte"]),
      tags: (m.tags || []).map((tag) => make("a", { href: `${root}index.html?tag=${encodeURIComponent(tag)}` }, tag)),
      ...$("aside").hidden ? {} : relatives(m),
    } : m;
    for (const element of $$("[data-fact]")) element.replaceChildren(...[facts[element.dataset.fact] || []].flat());
    for (const part of $$("[data-with]")) part.hidden = !m.format || !facts[part.dataset.with]?.length;
  }

  // Returns the tiles of related pictures, and links to those with the same prompt.
  function relatives(m) {
    const twin = (o) => o !== m && o.prompt === m.prompt;
    return {
      related: (m.related || []).map((n) => every[every.length - 1 - n]).filter(Boolean).map(tile),
      twins: m.prompt ? every.filter(twin).slice(0, 6).map((o) => make("a", { href: page(o) }, o.title)) : [],
    };
  }

  // Lets the button download what is shown: the film, or the best file of the picture.
  function offer(m) {
    const s = here();
    const download = $(".viewer .download");
    download.href = s?.film ? s.film.src : m.original ? base + m.original : media(m, files(m).at(-1));
    download.download = (m.name || m.slug).replace(/\.\w+$/, "") + download.href.match(/\.\w+$/);
    press("film", !!s?.film);
    for (const name of ["sound", "take"]) $(".viewer ." + name).hidden = !s?.film || name === "take" && m.clips.length < 2;
    press("sound", loud());
  }

  const amount = (n, unit) => n.toLocaleString(locale, { style: "unit", unit, maximumFractionDigits: n < 9.95 ? 1 : 0 });

  function share() {
    const url = location.href;
    if (navigator.share) return navigator.share({ title: list[at].title, url }).catch(() => {});
    navigator.clipboard.writeText(url).then(() => note($(".viewer .share").dataset.copied), () => prompt("", url));
  }

  // Whether films are loud. A page that may not keep anything forgets it.
  const loud = (on) => {
    try {
      if (on !== undefined) localStorage.setItem("sound", on ? "on" : "off");
      return localStorage.getItem("sound") === "on";
    } catch {
      return loud.now = on ?? loud.now ?? false;
    }
  };

  // Plays a film of the picture over it, from the start.
  function roll(asked) {
    const s = here();
    const clip = s.m.clips?.[s.take];
    if (!clip) return;
    cut(s);
    scale(1);
    const film = s.film = make("video", { playsInline: true, muted: !loud(), loop: !showing, preload: "auto", src: base + clip.path, tabIndex: -1, ariaLabel: s.m.title });
    film.disableRemotePlayback = true;
    film.style.cssText = `--r:${clip.width / clip.height || 1};--w:${Math.max(clip.width, s.img.getAttribute("width"))}px`;
    s.box.append(film);
    invite();
    on(film, "playing", () => s.box.classList.add("filmed"));
    on(film, "play pause", () => {
      if (s.button === document.activeElement) s.box.focus();
      s.button.hidden = !film.paused;
    });
    on(film, "ended", () => showing && forth());
    on(film, "error", () => {
      if (s.film !== film) return;
      cut(s);
      if (showing) next();
      else if (asked) note($("#Failure").content.querySelector("p").textContent);
    });
    offer(s.m);
    begin(film);
  }

  // Puts a large button over the picture, which starts the film.
  function invite() {
    const s = here();
    if (!s.m.clips) return;
    s.button ??= make("button", { type: "button", className: "start", ariaLabel: $(".viewer .film").ariaLabel }, $(".viewer .play svg").cloneNode(true));
    s.box.append(s.button);
  }

  // Starts a film. Where the browser refuses sound, it plays without. Where it refuses that, too, the
  // large button stays.
  async function begin(film) {
    try {
      await film.play();
    } catch (error) {
      if (error.name !== "NotAllowedError" || film.muted) return;
      film.muted = true;
      film.play().catch(() => {});
    }
  }

  // Ends the film of a slide, and shows the picture.
  function cut(s) {
    if (!s?.film) return;
    const { film, button, box } = s;
    s.film = undefined;
    button.hidden = false;
    film.pause();
    film.remove();
    film.removeAttribute("src");
    film.load();
    if (button.contains(document.activeElement)) box.focus();
    button.remove();
    box.classList.remove("filmed", "peek");
    if (s === here()) offer(s.m);
  }

  // Shows the first frame over the film as long as on is true.
  const peek = (on) => here()?.box.classList.toggle("peek", !!on && !!here().film);

  // Shows one picture after the other: a film to its end, and a picture for five seconds.
  function play() {
    showing = true;
    press("play", true);
    track.requestFullscreen?.().catch(() => {});
    awake();
    if (here().film) here().film.loop = false;
    next();
  }
  const awake = () => navigator.wakeLock?.request("screen").then((l) => showing ? lock = l : l.release(), () => {});

  function next() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { film } = here();
      if (document.hidden || film && !film.paused && !film.ended) return next();
      forth();
    }, 5000);
  }
  const forth = () => travel(list[at + 1] ? at + 1 : 0);

  function stop() {
    if (!showing) return;
    clearTimeout(timer);
    showing = false;
    press("play", false);
    lock?.release();
    lock = undefined;
    if (here()?.film) here().film.loop = true;
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  }
  on(document, "fullscreenchange", () => document.fullscreenElement || stop());
  on(document, "visibilitychange", () => showing && !document.hidden && awake());

  // The zoom at which a pixel of the best file is one of the screen.
  const exact = () => sources(list[at]).at(-1).width / devicePixelRatio / (here().img.offsetWidth / zoom);
  // The zoom at which the picture fills the height of the track.
  const filling = () => track.clientHeight / (here().img.offsetHeight / zoom);
  // The largest zoom: two pixels of the screen for one of the best file, but at least 2, and enough
  // to fill the screen with a panorama.
  const most = () => Math.max(2, 2 * exact(), filling());

  // Zooms at once. The point at x, y keeps its place.
  function scale(z, x = innerWidth / 2, y = innerHeight / 2) {
    cancelAnimationFrame(gliding);
    const s = here();
    if (s && z > 1) cut(s);
    const { box, img } = s ?? {};
    if (z === zoom || !img?.offsetWidth) return;
    const before = img.getBoundingClientRect();
    zoom = goal = clamp(z, 1, most());
    box.style.setProperty("--z", zoom);
    dialog.classList.toggle("zoomed", zoom > 1);
    press("zoom", zoom > 1);
    $(".level").replaceChildren(...zoom > 1 ? [label(s.m), Math.round(100 * zoom / exact()).toLocaleString(locale) + " %"] : []);
    const after = img.getBoundingClientRect();
    const grown = after.width / before.width;
    box.scrollBy(after.left + (x - before.left) * grown - x, after.top + (y - before.top) * grown - y);
    if (zoom > 1) sharpen(at);
  }

  // Moves a point of the zoomed picture into the middle.
  function look([x, y]) {
    const { box } = here();
    if (zoom > 1) box.scrollTo({ left: x * box.scrollWidth - box.clientWidth / 2, top: y * box.scrollHeight - box.clientHeight / 2, behavior: "instant" });
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

  // Changes the zoom by a factor, with a step at which a pixel is a pixel. On the way to it, exact
  // differs a little, because widths are rounded.
  function step(by) {
    const to = goal * by, even = exact();
    glide(Math.abs(goal / even - 1) > .01 && (goal - even) * (to - even) < 0 ? even : to);
  }

  // Zooms in to the pixels of the file, or as far as helps, and out again.
  function toggle({ clientX, clientY }) {
    const z = exact();
    glide(zoom > 1 ? 1 : Math.max(z > 1.2 ? Math.min(z, 3) : Math.min(3, most()), Math.min(filling(), most())), clientX, clientY);
  }

  const deeds = {
    close, share,
    film() {
      films = !here().film;
      films ? roll(true) : cut(here());
    },
    take() {
      here().take = (here().take + 1) % here().m.clips.length;
      roll(true);
    },
    sound() {
      loud(!loud());
      press("sound", loud());
      if (here().film) here().film.muted = !loud();
    },
    start: () => here().film ? begin(here().film) : roll(true),
    prev: () => travel(aim - 1),
    next: () => travel(aim + 1),
    play: () => showing ? stop() : play(),
    zoom: () => toggle({}),
    info(button) {
      button.ariaExpanded = !$("aside").toggleAttribute("hidden");
      place(at);
    },
  };

  on(dialog, "click", ({ target }) => {
    const button = target.closest("button");
    deeds[button?.className]?.(button);
  });
  on(dialog, "cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    close();
  });
  // The browser can close the dialog, too.
  on(dialog, "close", () => left ? left-- : close());
  on(dialog, "pointerdown wheel keydown", ({ target, key }) => key === " " || target.closest(".play") || stop(), { passive: true });

  const pan = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
  on(dialog, "keydown", (event) => {
    const { key, target } = event;
    if (modified(event) && key !== "+" || target.closest("dialog") !== dialog) return;
    if (key === "Home") travel(0);
    else if (key === "End") travel(list.length - 1);
    else if (key === "+" || key === "=") step(1.5);
    else if (key === "-") step(1 / 1.5);
    else if (key === "c") peek(true);
    else if (zoom > 1 && pan[key]) here().box.scrollBy(...pan[key]);
    else return;
    event.preventDefault();
  });
  on(dialog, "keyup", ({ key }) => key === "c" && peek(false));
  on(window, "blur", () => peek(false));

  on(track, "wheel", (event) => {
    const { deltaX, deltaY, ctrlKey, clientX, clientY } = event;
    // A sideways move scrolls the track.
    if (!ctrlKey && Math.abs(deltaX) >= Math.abs(deltaY)) return;
    event.preventDefault();
    // With ctrlKey it is a pinch on a touchpad.
    scale(zoom * Math.exp(-clamp(deltaY, -60, 60) / (ctrlKey ? 60 : 300)), clientX, clientY);
  });

  // Two fingers zoom. If they pinch a picture that fits, it shrinks, and the viewer closes.
  let pinch, small;
  const gap = ([a, b]) => b && Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  on(track, "touchstart", ({ touches }) => {
    pinch = gap(touches) / zoom;
    small = 1;
    going = false;
    show(at, at);
  }, { passive: true });
  on(track, "touchmove", (event) => {
    const [a, b] = event.touches;
    if (!b) return;
    const z = gap(event.touches) / pinch;
    scale(z, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    small = clamp(z, .4, 1);
    here().box.style.scale = small < 1 ? small : "";
    if (event.cancelable) event.preventDefault();
  });
  on(track, "touchend touchcancel", ({ type, touches }) => {
    if (touches.length) return;
    const { box } = here() ?? {};
    if (box) box.style.scale = "";
    if (type === "touchend" && small < .75) return close();
    if (zoom < 1.1) scale(1);
  });

  // A press that lasts shows the first frame of the film.
  let grip, moved, tapping, holding;
  on(track, "pointerdown", (event) => {
    grip = event;
    moved = 0;
    clearTimeout(holding);
    if (here()?.film && !event.target.closest("button")) holding = setTimeout(() => peek(true), 300);
  });
  on(track, "pointermove", (event) => {
    if (Math.hypot(event.clientX - grip?.clientX, event.clientY - grip?.clientY) > 10) clearTimeout(holding);
    if (!event.buttons || event.pointerType !== "mouse" || zoom === 1) return;
    const x = grip.clientX - event.clientX, y = grip.clientY - event.clientY;
    moved += Math.abs(x) + Math.abs(y);
    here().box.scrollBy(x, y);
    grip = event;
  });
  on(window, "pointerup pointercancel", () => {
    clearTimeout(holding);
    if (here()?.box.classList.contains("peek")) {
      peek(false);
      moved = 5;
    }
  });
  on(track, "contextmenu", (event) => here()?.film && event.pointerType === "touch" && event.preventDefault());
  // A finger that pulls the picture down closes the viewer. A finger that moves sideways belongs to
  // the browser, which reports no moves then.
  on(track, "pointermove pointerup pointercancel", (event) => {
    if (event.pointerType !== "touch" || !here()) return;
    const y = zoom > 1 || pinch ? 0 : Math.max(0, event.clientY - grip.clientY);
    if (event.type === "pointerup" && y > 80) close();
    else here().box.style.translate = event.type === "pointermove" ? `0 ${y}px` : "";
  });
  on(track, "click", (event) => {
    const { target, detail } = event;
    if (target.closest("button, .failure") || moved > 4) return;
    const { film } = here();
    if (event.pointerType === "mouse") {
      // The second click of a double click does nothing.
      if (detail > 1) return;
      if (!target.closest("img, video")) return close();
      if (target === film) return film.paused ? begin(film) : film.pause();
      return toggle(event);
    }
    // One tap hides everything but the picture. Two taps zoom.
    clearTimeout(tapping);
    if (tapping) toggle(event);
    tapping = !tapping && setTimeout(() => {
      dialog.classList.toggle("bare");
      tapping = 0;
    }, 250);
  });

  return { open, enter, leave };
}
