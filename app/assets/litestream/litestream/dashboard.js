// Updates pages that work without it: shows times in the reader's zone, and fetches parts of a visible page anew.
(() => {
  "use strict";

  const PAUSE = 5000;
  const LONGEST_PAUSE = 60000;
  const FETCH_TIMEOUT = 15000;
  const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

  const localize = (root) => {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const time = new Date(element.dateTime);
      element.textContent = absolute.format(time);
      element.title = `${zoned.format(time)} (${element.dateTime})`;
    }
    for (const element of root.querySelectorAll("text[data-time]")) {
      const time = new Date(element.dataset.time);
      const sameDay = time.toDateString() === new Date().toDateString();
      const style = element.dataset.short === undefined ? { dateStyle: "medium", timeStyle: "medium" }
        : sameDay ? { timeStyle: element.dataset.short } : { dateStyle: "short", timeStyle: "short" };
      element.textContent = new Intl.DateTimeFormat(undefined, style).format(time);
    }
    for (const element of root.querySelectorAll("[data-utc]")) {
      const time = absolute.format(new Date(element.dataset.time));
      element.setAttribute("aria-label", element.getAttribute("aria-label").replace(element.dataset.utc, () => time));
    }
  };

  // A time is entered as the page shows times, and sent with its zone. An unchanged one is sent as it came: in autumn the reader's
  // clock has an hour twice.
  const wallClock = (time) => new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  const ask = (field) => {
    const given = field.dataset.moment;
    field.value = "";
    field.type = "datetime-local";
    field.step = 1;
    if (given) field.value = wallClock(new Date(given));
    const before = field.value;
    field.form.addEventListener("formdata", ({ formData }) => {
      if (!field.value) return;
      formData.set(field.name, given && field.value === before ? given : new Date(field.value).toISOString().replace(".000", ""));
    });
    for (const hint of field.form.querySelectorAll("[data-local]")) {
      hint.textContent = hint.dataset.local.replace("{zone}", () => absolute.resolvedOptions().timeZone.replaceAll("_", " "));
    }
  };

  const pulse = document.querySelector("[data-pulse]");
  const show = (state) => {
    if (!pulse || (!pulse.hidden && pulse.dataset.state === state)) return;
    pulse.hidden = false;
    pulse.dataset.state = state;
    pulse.classList.toggle("paused", state === "paused");
    pulse.classList.toggle("offline", state === "offline");
    pulse.querySelector("[data-pulse-text]").textContent = pulse.dataset[`${state}Text`];
  };

  // The server's own text of each part, which is compared before the times in it are localized.
  const known = new Map();
  const parts = () => document.querySelectorAll("[data-live]");

  // Screen readers announce the text of a part once when its gist changes. They would not announce a region that is new itself.
  const region = document.querySelector("[data-heard]");
  const said = new Map();
  const gist = (part) => part.querySelector("[data-said]")?.dataset.said;
  const words = (element) => [...element.children].map((child) => child.textContent.trim().replace(/\s+/g, " ")).filter(Boolean);
  const tell = (part) => {
    if (gist(part) === said.get(part.id)) return;
    said.set(part.id, gist(part));
    if (gist(part) !== undefined) region.textContent = words(part.querySelector("[data-said]")).join(" – ");
  };

  // The focused element is found again by its identity, since its place may be another's now.
  const FOCUSABLE = "a[href], button, input, summary, [tabindex]";
  const identity = (element) => [element.localName, element.id, ...["href", "name"].map((name) => element.getAttribute(name))].join(" ");
  const alike = (part, element) => [...part.querySelectorAll(FOCUSABLE)].filter((other) => identity(other) === identity(element));
  const replace = (part, nodes) => {
    const focused = part.contains(document.activeElement) && document.activeElement;
    const place = focused && alike(part, focused).indexOf(focused);
    const open = [...part.querySelectorAll("details")].map((details) => details.open);
    const scrolled = [...part.querySelectorAll(".scroll")].map((scroll) => scroll.scrollLeft);
    part.replaceChildren(...nodes);
    localize(part);
    part.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? details.open; });
    part.querySelectorAll(".scroll").forEach((scroll, index) => { scroll.scrollLeft = scrolled[index] ?? 0; });
    if (focused) alike(part, focused)[place]?.focus({ preventScroll: true });
  };

  // A picture that moves under the pointer cannot be read.
  const isInUse = (part) => part.hasAttribute("data-still") && part.matches(":hover, :focus-within");

  const update = (html) => {
    const fetched = new DOMParser().parseFromString(html, "text/html");
    for (const part of parts()) {
      const fresh = fetched.getElementById(part.id);
      if (!fresh || fresh.innerHTML === known.get(part.id) || isInUse(part)) continue;
      known.set(part.id, fresh.innerHTML);
      replace(part, fresh.childNodes);
      tell(part);
    }
  };

  // After a failed form the address is that of the form, where there is nothing to fetch.
  const page = document.querySelector("[data-page]")?.dataset.page ?? location.href;
  let pause = PAUSE;
  let timer;
  const fetchPage = async () => {
    const response = await fetch(page, {
      headers: { Accept: "text/html", "Litestream-Live": "1" }, credentials: "same-origin", redirect: "error",
      signal: AbortSignal.timeout(FETCH_TIMEOUT),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  };
  const beat = async () => {
    if (document.hidden) return show("paused");
    try {
      update(await fetchPage());
      pause = PAUSE;
      show("live");
    } catch {
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      show("offline");
    }
    schedule(pause);
  };
  const schedule = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(beat, delay);
  };

  for (const part of parts()) {
    known.set(part.id, part.innerHTML);
    said.set(part.id, gist(part));
  }
  localize(document);
  // Without FormDataEvent nothing could add the zone, so the field stays in UTC.
  if ("FormDataEvent" in window) document.querySelectorAll("[data-moment]").forEach(ask);
  // An input in a field selects the choice that the field belongs to.
  document.addEventListener("input", ({ target }) => {
    const choice = target.closest(".choice")?.querySelector("input[type=radio]");
    if (choice) choice.checked = true;
  });
  for (const scroll of document.querySelectorAll("[data-newest]")) scroll.scrollLeft = scroll.scrollWidth;
  if (known.size > 0) {
    show("live");
    schedule(PAUSE);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return show("paused");
      pause = PAUSE;
      schedule(0);
    });
  }

  // One press is one request. After the browser's Back button, the buttons work again.
  const buttons = (form) => form.querySelectorAll("button, input[type=submit]");
  document.addEventListener("submit", (event) => {
    setTimeout(() => buttons(event.target).forEach((button) => { button.disabled = true; }));
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form").forEach((form) => buttons(form).forEach((button) => { button.disabled = false; }));
  });
})();
