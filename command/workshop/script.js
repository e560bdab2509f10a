// The workshop's part of an open page. It loads the page again after a build, and shows why there
// was none. A hidden page does not listen: a browser opens only six connections to a host.

(() => {
  const shown = document.currentScript.dataset.build;
  let source;

  function listen() {
    source?.close();
    source = undefined;
    if (document.hidden) return;
    source = new EventSource("/.firstframe/events");
    source.onmessage = event => {
      const { build, problem } = JSON.parse(event.data);
      if (build !== shown) return location.reload(); // which keeps the place on the page
      show(problem);
    };
  }

  document.addEventListener("visibilitychange", listen);
  addEventListener("pageshow", event => { if (event.persisted) listen(); });
  addEventListener("pagehide", () => source?.close());
  listen();

  const style = `
    :host {
      all: initial !important;
      display: block !important;
      position: fixed !important;
      inset: auto 0 0 0 !important;
      width: auto !important;
      max-height: 50vh !important;
      overflow: auto !important;
      box-sizing: border-box !important;
      padding: 1rem max(1rem, 4vw) !important;
      color-scheme: light dark !important;
      color: light-dark(#1f1c19, #ece7df) !important;
      background: light-dark(#fff4ef, #2a1a14) !important;
      border-top: 3px solid light-dark(#b03f14, #ff9a6b) !important;
      box-shadow: 0 0 2rem #0006 !important;
      font: 1rem/1.5 system-ui, sans-serif !important;
      overflow-wrap: anywhere !important;
    }
    h2 { margin: 0 6rem .5rem 0; font-size: 1rem }
    p { margin: .25rem 0 }
    .message { font-family: ui-monospace, monospace }
    b { color: light-dark(#9a330c, #ff9a6b) }
    button {
      position: absolute;
      inset: .75rem max(1rem, 4vw) auto auto;
      min-height: 2rem;
      padding: 0 .75rem;
      font: inherit;
      color: inherit;
      background: none;
      border: 1px solid currentColor;
      border-radius: .25rem;
      cursor: pointer;
    }
    button:focus-visible { outline: 3px solid light-dark(#b03f14, #ff9a6b); outline-offset: 2px }
    :host(:not(:popover-open)) { display: none !important }
    @media print { :host { display: none !important } }
  `;

  let overlay;

  // show shows a problem over the page, or nothing if there is none. It stays away when it was closed,
  // until there is another one.
  function show(problem) {
    const text = problem ? [...problem.messages, problem.hint].join("\n") : "";
    if (text === (overlay?.dataset.text ?? "")) return;
    overlay?.remove();
    overlay = undefined;
    if (!problem) return;
    overlay = document.createElement("firstframe-problem");
    overlay.dataset.text = text;
    overlay.lang = "en";
    overlay.dir = "ltr";
    overlay.setAttribute("role", "alert");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    const root = overlay.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const close = add(root, "button", "Close");
    close.type = "button";
    close.onclick = () => { overlay.hidePopover(); };
    add(root, "h2", "This page is not up to date: the site could not be built");
    for (const message of problem.messages) {
      const line = add(root, "p", "");
      line.className = "message";
      // Odd parts are places like content/images/x.md:2.
      message.split(/([^\s"]+\.\w+:\d+(?::\d+)?)/).forEach((part, i) => add(line, i % 2 ? "b" : "span", part));
    }
    if (problem.hint) add(root, "p", "Hint: " + problem.hint);
    // A popover is over everything, also over an open viewer.
    overlay.popover = "manual";
    document.body.append(overlay);
    overlay.showPopover();
  }

  function add(parent, name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    parent.append(element);
    return element;
  }
})();
