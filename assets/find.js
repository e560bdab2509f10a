// The search, which is loaded when somebody looks for pictures. It uses what site.js has.
"use strict";

// What the search can filter by. Each function returns a picture's values for the field of its name.
const facets = {
  format: (m) => [m.format],
  shape: ({ width, height }) => [width > height * 1.05 ? "landscape" : height > width * 1.05 ? "portrait" : "square"],
  month: (m) => m.month ? [m.month] : [],
  tag: (m) => m.tags || [],
  account: (m) => m.account ? [m.account] : [],
  film: (m) => m.clips ? ["yes"] : [],
  status: (m) => m.statuses || [],
  hue: (m) => m.hues || [],
};
// Returns text as the search compares it: in lower case, without accents.
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

// The search filters all pictures while the visitor types. Each field but the first narrows them by
// the facet of its name, and "sort" orders them. The address holds the question.
function search() {
  const { elements } = form;
  const { q, sort } = elements;
  const answer = $(".find output");
  const hits = $(".hits");
  const more = $(".more");
  const none = $(".none");
  const details = $(".find details");
  // How many hits are added together, and how many of them before the browser paints again. pager.go
  // has the first number, too, for a gallery page.
  const perPage = 60, step = 12;
  const names = Object.keys(facets).filter((name) => elements[name]);
  const fields = ["q", ...names, "sort"];
  // The number of the newest question. Older ones stop when they see it.
  let asking = 0;
  let preparing, ready;
  // The search that is shown, as in an address.
  let shown = "";

  const labels = { format: (v) => v.toUpperCase(), month: (v) => date(new Date(v)) };
  const natural = (() => {
    let collator;
    return (a, b) => (collator ??= new Intl.Collator(locale, { numeric: true })).compare(a, b);
  })();
  const orders = {
    // The data have the newest first.
    newest: () => all,
    oldest: () => [...all].reverse(),
    name: () => [...all].sort((a, b) => natural(a.title, b.title)),
    size: () => [...all].sort((a, b) => b.bytes - a.bytes),
  };
  const sorted = {};

  const ensure = () => preparing ??= pictures().then(prepare).catch((error) => {
    preparing = undefined;
    fail();
    throw error;
  });

  // Runs once, when there are data: it prepares what the search compares, and completes the fields.
  async function prepare() {
    await each(all, (m) => {
      // What a word can be found in, the best first. Without a title of its own, a picture is called by
      // its day.
      m.words = [[m.title.replace(day(m), ""), ...m.tags || []], [m.caption, m.alt, m.prompt], [m.name]].map((list) => fold(list.join("\n")));
      m.day = fold(day(m) + " " + m.month);
      m.values = {};
      for (const name of names) m.values[name] = facets[name](m);
    });
    for (const name of names) {
      offer(name);
      await pause();
    }
    ready = true;
  }

  // Adds a field's options. If no picture has a value for a field, the field is hidden.
  function offer(name) {
    const field = elements[name];
    const values = new Set(all.flatMap((m) => m.values[name]));
    if (field.options?.length === 1) {
      const list = [...values].sort(natural);
      if (name === "month") list.reverse();
      field.append(...list.map((v) => new Option(labels[name]?.(v) ?? v, v)));
    }
    for (const option of choices(name)) {
      if (option.value) (option.text === undefined ? option.parentNode : option).hidden = !values.has(option.value);
    }
    (field.options ? field.parentNode : field[0].closest("fieldset")).hidden = !values.size;
  }

  // Returns the options of a select, or the buttons of a group.
  const choices = (name) => [...elements[name].options ?? elements[name]];

  // Chooses a value. Browsers do not choose the button with the empty one by themselves.
  function set(name, value) {
    const field = elements[name];
    if (field.type || !field.length) field.value = value;
    else for (const button of field) button.checked = button.value === value;
  }

  // Puts numbers beside the options: how many pictures there are with this value and everything
  // else that is asked.
  async function count(terms, mine) {
    const counts = Object.fromEntries(names.map((name) => [name, new Map()]));
    const wanted = names.filter((name) => elements[name].value);
    const done = await each(all, (m) => {
      const missed = wanted.filter((name) => !m.values[name].includes(elements[name].value));
      if (missed.length > 1 || !rank(m, terms)) return;
      for (const name of missed.length ? missed : names) {
        for (const v of m.values[name]) counts[name].set(v, (counts[name].get(v) ?? 0) + 1);
      }
    }, () => mine === asking);
    if (!done) return;
    for (const name of names) {
      for (const option of choices(name)) {
        const { value } = option;
        if (!value) continue;
        const n = (counts[name].get(value) ?? 0).toLocaleString(locale);
        if (option.text !== undefined) option.text = `${option.dataset.name ??= option.text} (${n})`;
        else option.title = `${option.ariaLabel} (${n})`;
      }
    }
  }

  // Returns how well a picture fits the words of a question: 0 if it does not. A word in the title or
  // a tag is worth more than one in the caption, and that is worth more than one in the file's name
  // or the date. A short number is no date unless a month or a year is beside it.
  function rank({ words, day }, terms) {
    let sum = 1;
    for (const term of terms) {
      const i = words.findIndex((text) => text.includes(term));
      if (i >= 0) sum += [9, 3, 1][i];
      else if (!/^\d\d?$/.test(term) ? !day.includes(term) : !terms.some((t) => /\d{4}|\D/.test(t) && day.includes(t)) || !day.split(/\D+/).includes(term)) return 0;
      else sum++;
    }
    return sum;
  }

  const question = () => new URLSearchParams(fields.map((name) => [name, elements[name].value]).filter(([, value]) => value));

  // Takes the question from the address, and shows the same hits at the same place as before.
  async function read() {
    const asked = new URLSearchParams(location.search);
    const state = history.state ?? {};
    q.value = asked.get("q") ?? "";
    if (!ready && fields.some((name) => asked.get(name))) wait(true);
    await ensure();
    for (const name of fields) {
      let value = asked.get(name) ?? "";
      if (value && elements[name].options) {
        const same = choices(name).find((o) => fold(o.value) === fold(value));
        if (same) value = same.value;
        // An address may ask for what no picture has.
        else elements[name].append(new Option(value));
      }
      set(name, value);
    }
    if (names.some((name) => elements[name].value)) details.open = true;
    if (question().toString() === shown) return wait(!!shown, false);
    find(state.n);
    if (state.y !== undefined) scrollTo({ top: state.y, behavior: "instant" });
  }

  // Puts the question into the address. The first key of a question is a step to go back to, and so
  // is each choice; the keys after it are not.
  function write(typed) {
    const asked = question().toString();
    if (asked === new URLSearchParams(location.search).toString()) return;
    const replace = typed && history.state?.typed;
    if (!replace) keep();
    history[replace ? "replaceState" : "pushState"]({ typed }, "", location.pathname + (asked && "?" + asked));
  }

  // Notes in the history which part of the page is shown, for those who come back.
  const keep = () => history.state?.slug || history.replaceState({ ...history.state, n: hits.childElementCount, y: scrollY }, "");

  // Shows what fits the question: n hits or more, and more when the visitor comes near the end.
  function find(n = 0) {
    const mine = ++asking;
    const terms = fold(q.value).split(/\s+/).filter(Boolean);
    const wanted = names.filter((name) => elements[name].value);
    shown = question().toString();
    const fits = (m) => wanted.every((name) => m.values[name].includes(elements[name].value));
    const list = sorted[sort.value] ??= orders[sort.value]?.() ?? arranged;
    if (terms.length) {
      // Pictures that fit equally well stay in their order.
      const ranks = [];
      for (const m of list) {
        const r = fits(m) && rank(m, terms);
        if (r) (ranks[sort.value ? 0 : r] ??= []).push(m);
      }
      found = ranks.reverse().flat();
    } else found = list.filter(fits);
    wait(!!shown, false);
    hits.hidden = !shown;
    // The tiles that were shown last are made once. All of them would need too much memory.
    for (const m of all) if (!m.tile?.isConnected) m.tile = null;
    hits.replaceChildren();
    none.hidden = !shown || found.length > 0;
    more.hidden = true;
    answer.textContent = shown && !found.length ? none.firstElementChild.textContent : "";
    if (shown && found.length) say(answer, { n: found.length, count: all.length });
    chips(wanted);
    if (!shown) found = undefined;
    grow(Math.max(n, perPage), n);
    after(() => details.open && count(terms, mine));
  }

  // Does something after the browser has painted, unless there is a newer question by then.
  function after(act) {
    const mine = asking;
    requestAnimationFrame(() => setTimeout(() => mine === asking && act()));
  }

  // Shows n more hits: some at once, and the rest in steps. Returns the first new one.
  function grow(n = perPage, atOnce = 0) {
    if (!found) return;
    const from = hits.childElementCount;
    const to = from + Math.max(atOnce, Math.min(n, step));
    hits.append(...found.slice(from, to).map((m) => m.tile ??= tile(m)));
    const rest = n - (to - from);
    more.hidden = to >= found.length || rest > 0;
    if (to < found.length && rest > 0) after(() => grow(rest));
    return hits.children[from];
  }

  // Shows a button for each filter, which takes it away.
  function chips(wanted) {
    $(".chips").replaceChildren(...wanted.map((name) => {
      const chosen = choices(name).find((o) => o.value === elements[name].value);
      const button = make("button", { type: "button", title: $(".chips").dataset.remove }, chosen.dataset.name ?? chosen.ariaLabel ?? chosen.text);
      on(button, "click", async () => {
        set(name, "");
        await ask();
        ($(".chips button") ?? q).focus();
      });
      return button;
    }));
  }

  async function ask(typed) {
    // The browser paints the key before the answer.
    const mine = ++asking;
    await pause();
    if (!ready) await ensure();
    if (mine !== asking) return;
    write(typed);
    find();
  }

  on(form, "focusin", () => ensure().catch(() => {}));
  on(form, "input", ({ target }) => ask(target === q).catch(() => {}));
  on(form, "reset", () => setTimeout(() => { ask(); q.focus(); }));
  on(none.querySelector("button"), "click", () => form.reset());
  on(form, "submit", (event) => {
    event.preventDefault();
    $(".hits a")?.focus();
  });
  on(details, "toggle", () => ready && count(fold(q.value).split(/\s+/).filter(Boolean), asking));
  on(more, "click", () => grow()?.querySelector("a").focus({ preventScroll: true }));
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !more.hidden && grow(), { rootMargin: "100%" }).observe(more);
  on(document, "scrollend", () => found && keep());

  const again = () => read().catch(() => {});
  if (location.search) again();
  else if (form.matches(":focus-within")) ensure().catch(() => {});
  // Somebody has typed before the script was there.
  if (q.value && !location.search) ask(true);
  return { read: again };
}
